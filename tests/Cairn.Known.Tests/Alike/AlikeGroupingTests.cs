using System.Diagnostics;
using System.Numerics;
using Cairn.Core.Pictures;
using Cairn.Known.Alike;
using Cairn.TestKit;

namespace Cairn.Known.Tests.Alike;

public sealed class AlikeGroupingTests
{
    /// <summary>Every kind of data and distance against a plain loop over the leaders, bit by bit.</summary>
    [Theory]
    [InlineData(Data.Random, 31, 2_500)]
    [InlineData(Data.Clustered, 0, 2_500)]
    [InlineData(Data.Clustered, 7, 2_500)]
    [InlineData(Data.Clustered, 14, 2_500)]
    [InlineData(Data.Clustered, 15, 2_500)]
    [InlineData(Data.Clustered, 16, 2_500)]
    [InlineData(Data.Clustered, 23, 2_500)]
    [InlineData(Data.Clustered, 30, 2_500)]
    [InlineData(Data.Clustered, 31, 5_000)]
    [InlineData(Data.Clustered, 40, 2_500)]
    [InlineData(Data.Clustered, 47, 5_000)]
    [InlineData(Data.Clustered, 63, 2_500)]
    [InlineData(Data.Cloud, 15, 2_500)]
    [InlineData(Data.Cloud, 31, 2_500)]
    [InlineData(Data.SameHalf, 31, 2_500)]
    public void Groups_are_those_of_a_plain_search(Data data, int distance, int count)
    {
        AlikePicture[] pictures = Make(data, count, 1);
        AlikeSettings settings = new() { Distance = distance };
        AlikeMember[] expected = Plainly(pictures, settings);
        AlikeGrouping grouping = new(settings);
        AlikeMember[] members = [.. grouping.Add(pictures)];
        Assert.Equal(expected, members);
        Assert.Equal(count, grouping.Count);
        Assert.Equal(expected.Count(m => m.GroupId == m.EntryId), grouping.Groups);
        if (data == Data.Clustered && distance == 31)
        {
            Assert.All(Enum.GetValues<AlikeKind>(), kind => Assert.Contains(members, m => m.Kind == kind));
            Assert.All(Enum.GetValues<PdqOrientation>(), orientation => Assert.Contains(members, m => m.Kind == AlikeKind.Near && m.Orientation == orientation));
        }
    }

    [Fact]
    public void Later_pictures_change_nothing_and_pieces_give_what_the_whole_gives()
    {
        AlikePicture[] pictures = Make(Data.Clustered, 9_000, 2);
        AlikeMember[] whole = [.. new AlikeGrouping(new AlikeSettings()).Add(pictures)];
        Assert.Equal(whole.Take(5_000), new AlikeGrouping(new AlikeSettings()).Add(pictures.Take(5_000)));

        AlikeGrouping pieces = new(new AlikeSettings());
        List<AlikeMember> members = [];
        for (int at = 0, piece = 1; at < pictures.Length; at += piece, piece = (piece * 3) + 1)
        {
            members.AddRange(pieces.Add(pictures.Skip(at).Take(piece)));
        }

        Assert.Equal(whole, members);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_321)]
    [InlineData(9_000)]
    public void A_grouping_that_was_put_back_from_its_rows_goes_on_as_the_first_would_have(int stored)
    {
        AlikePicture[] pictures = Make(Data.Clustered, 9_000, 3);
        AlikeGrouping first = new(new AlikeSettings());
        AlikeMember[] whole = [.. first.Add(pictures)];
        AlikeGrouping second = new(new AlikeSettings());
        for (int i = 0; i < stored; i++)
        {
            second.Restore(whole[i], pictures[i].Content, pictures[i].Quality, pictures[i].Orientations is [PdqHash own, ..] ? own : null);
        }

        Assert.Equal(whole.Skip(stored), second.Add(pictures.Skip(stored)));
        Assert.Equal((first.Count, first.Groups), (second.Count, second.Groups));
    }

    [Fact]
    public void A_chain_does_not_become_one_group()
    {
        // Each picture is 20 bits from the one before: the second is near the first, the third (40) is not.
        PdqHash[] chain = [.. Enumerable.Range(0, 8).Select(i => Bits(0, i * 20))];
        AlikeMember[] members = [.. new AlikeGrouping(new AlikeSettings()).Add(chain.Select((hash, i) => Picture(i + 1, hash)))];
        Assert.Equal([1, 1, 3, 3, 5, 5, 7, 7], members.Select(m => m.GroupId));
        Assert.Equal([0, 20, 0, 20, 0, 20, 0, 20], members.Select(m => m.Distance));
    }

    [Fact]
    public void The_nearest_leader_is_joined_and_of_equally_near_ones_the_first()
    {
        AlikePicture[] pictures = [Picture(10, Bits(0, 0)), Picture(20, Bits(0, 40)), Picture(30, Bits(0, 25)), Picture(40, Bits(0, 20))];
        Assert.Equal(
            [
                new AlikeMember(10, 10, AlikeKind.Leader, 0, PdqOrientation.Original, null),
                new AlikeMember(20, 20, AlikeKind.Leader, 0, PdqOrientation.Original, null),
                new AlikeMember(30, 20, AlikeKind.Near, 15, PdqOrientation.Original, null),
                new AlikeMember(40, 10, AlikeKind.Near, 20, PdqOrientation.Original, null),
            ],
            new AlikeGrouping(new AlikeSettings()).Add(pictures));
    }

    [Fact]
    public void The_distance_itself_is_within_and_one_more_is_not()
    {
        AlikeMember[] members = [.. new AlikeGrouping(new AlikeSettings()).Add([Picture(1, default), Picture(2, Bits(100, 31)), Picture(3, Bits(100, 32))])];
        Assert.Equal([1, 1, 2 + 1], members.Select(m => m.GroupId));
    }

    [Fact]
    public void Flat_pictures_are_grouped_by_their_bytes_alone()
    {
        AlikePicture[] pictures =
        [
            Picture(1, default) with { Quality = 49, Content = new ContentKey(1, 0, 0, 0) },
            Picture(2, default) with { Quality = 49, Content = new ContentKey(2, 0, 0, 0) },
            Picture(3, default) with { Quality = 49, Content = new ContentKey(1, 0, 0, 0) },
            Picture(4, default) with { Quality = 50 },
            Picture(5, default) with { Quality = 50 },
            new AlikePicture(6, new ContentKey(2, 0, 0, 0), 0, []),
            new AlikePicture(7, null, 100, []),
        ];
        Assert.Equal(
            [
                new AlikeMember(1, 1, AlikeKind.Leader, 0, PdqOrientation.Original, null),
                new AlikeMember(2, 2, AlikeKind.Leader, 0, PdqOrientation.Original, null),
                new AlikeMember(3, 1, AlikeKind.SameBytes, 0, PdqOrientation.Original, 1),
                new AlikeMember(4, 4, AlikeKind.Leader, 0, PdqOrientation.Original, null),
                new AlikeMember(5, 4, AlikeKind.SameHash, 0, PdqOrientation.Original, null),
                new AlikeMember(6, 2, AlikeKind.SameBytes, 0, PdqOrientation.Original, 2),
                new AlikeMember(7, 7, AlikeKind.Leader, 0, PdqOrientation.Original, null),
            ],
            new AlikeGrouping(new AlikeSettings()).Add(pictures));
    }

    [Fact]
    public void A_copy_is_in_the_group_of_what_it_is_a_copy_of_though_a_nearer_leader_came_between()
    {
        ContentKey bytes = new(9, 9, 9, 9);
        AlikePicture[] pictures = [Picture(1, default), Picture(2, Bits(0, 30)) with { Content = bytes }, Picture(3, Bits(0, 32)), Picture(4, Bits(0, 30)) with { Content = bytes }];
        AlikeMember[] members = [.. new AlikeGrouping(new AlikeSettings()).Add(pictures)];
        Assert.Equal(3, members[2].GroupId);
        Assert.Equal(new AlikeMember(4, 1, AlikeKind.SameBytes, 30, PdqOrientation.Original, 2), members[3]);
    }

    [Fact]
    public void Ids_that_do_not_ascend_are_refused()
    {
        AlikeGrouping grouping = new(new AlikeSettings());
        Assert.Throws<ArgumentException>(() => grouping.Add([Picture(2, default), Picture(2, default)]).ToArray());
        Assert.Throws<ArgumentException>(() => new AlikeGrouping(new AlikeSettings()).Add([Picture(2, default), Picture(1, default)]).ToArray());
        Assert.Throws<ArgumentException>(() => new AlikeGrouping(new AlikeSettings()).Restore(new AlikeMember(1, 2, AlikeKind.Near, 3, PdqOrientation.Original, null), null, 100, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlikeGrouping(new AlikeSettings { Distance = 64 }));
    }

    /// <summary>What an adversary, or one burst of a camera, can do: none of it may take the time of every pair.</summary>
    [Fact]
    public void Many_equal_pictures_and_many_near_one_leader_are_fast()
    {
        Stopwatch clock = Stopwatch.StartNew();
        AlikeGrouping equal = new(new AlikeSettings());
        Assert.All(equal.Add(Enumerable.Range(1, 5_000).Select(i => Picture(i, Bits(3, 100)))).Skip(1), m => Assert.Equal((1, AlikeKind.SameHash), (m.GroupId, m.Kind)));
        SeededBytes random = new(5);
        AlikeGrouping near = new(new AlikeSettings());
        Assert.All(near.Add(Enumerable.Range(1, 5_000).Select(i => Picture(i, i == 1 ? default : Flipped(default, 31, random)))).Skip(1), m => Assert.Equal((1, AlikeKind.Near), (m.GroupId, m.Kind)));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), clock.Elapsed.ToString());
    }

    public enum Data
    {
        /// <summary>No two are near.</summary>
        Random,

        /// <summary>Copies, equal hashes, and hashes up to 70 bits from an earlier one in any orientation.</summary>
        Clustered,

        /// <summary>Leaders that are all just past the distance from each other, about one centre.</summary>
        Cloud,

        /// <summary>Half the rows of all are the same: full buckets.</summary>
        SameHalf,
    }

    private static AlikePicture Picture(long id, PdqHash hash) => new(id, null, 100, [hash]);

    private static PdqHash Bits(int from, int count)
    {
        BigInteger value = ((BigInteger.One << count) - 1) << from;
        byte[] bytes = new byte[PdqHash.ByteLength];
        value.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(bytes, PdqHash.ByteLength - value.GetByteCount(isUnsigned: true));
        return PdqHash.FromBytes(bytes);
    }

    private static PdqHash Flipped(PdqHash hash, int bits, SeededBytes random)
    {
        byte[] bytes = hash.ToBytes();
        for (int i = 0; i < bits; i++)
        {
            int bit = random.Next(PdqHash.Bits);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return PdqHash.FromBytes(bytes);
    }

    private static AlikePicture[] Make(Data data, int count, ulong seed)
    {
        SeededBytes random = new(seed);
        AlikePicture[] pictures = new AlikePicture[count];
        PdqHash centre = PdqHash.FromBytes(random.Bytes(PdqHash.ByteLength));
        for (int i = 0; i < count; i++)
        {
            PdqHash[] own = [.. Enumerable.Range(0, 8).Select(_ => PdqHash.FromBytes(random.Bytes(PdqHash.ByteLength)))];
            AlikePicture picture = new((i * 3) + 1, new ContentKey(random.Next(), 2, 3, 4), 50 + random.Next(50), own);
            AlikePicture model = pictures[i == 0 ? 0 : random.Next(i)] ?? picture;
            if (data == Data.Cloud)
            {
                own[0] = Flipped(centre, 20, random);
                own[5] = Flipped(centre, 60, random);
            }
            else if (data == Data.SameHalf)
            {
                for (int o = 0; o < 8; o++)
                {
                    own[o] = new PdqHash(own[o].Word0, 0xFFFF, own[o].Word2 & 0xFFFF, 0xFFFF_0000);
                }
            }
            else if (data == Data.Clustered)
            {
                picture = random.Next(10) switch
                {
                    0 => picture with { Content = model.Content },
                    1 => picture with { Orientations = [.. model.Orientations] },
                    2 => picture with { Quality = random.Next(60) },
                    3 => picture with { Orientations = [], Content = random.Next(2) == 0 ? null : picture.Content },
                    _ => picture,
                };
                if (picture.Orientations.Length > 0 && model.Orientations.Length > 0 && random.Next(2) == 0)
                {
                    picture.Orientations[random.Next(8)] = Flipped(model.Orientations[0], random.Next(70), random);
                }
            }

            pictures[i] = picture;
        }

        return pictures;
    }

    private static AlikeMember[] Plainly(AlikePicture[] pictures, AlikeSettings settings)
    {
        List<(long Id, ulong[] Hash)> leaders = [];
        Dictionary<ContentKey, AlikeMember> firsts = [];
        List<AlikeMember> members = [];
        foreach (AlikePicture picture in pictures)
        {
            AlikeMember member = new(picture.EntryId, picture.EntryId, AlikeKind.Leader, 0, PdqOrientation.Original, null);
            bool compared = picture.Quality >= settings.MinimumQuality && picture.Orientations.Length > 0;
            if (picture.Content is ContentKey key && firsts.TryGetValue(key, out AlikeMember first))
            {
                member = first with { EntryId = picture.EntryId, Kind = AlikeKind.SameBytes, CopyOf = first.EntryId };
            }
            else if (compared)
            {
                ulong[][] own = [.. picture.Orientations.Select(Words)];
                int best = settings.Distance + 1;
                foreach ((long id, ulong[] hash) in leaders)
                {
                    for (int o = 0; o < own.Length; o++)
                    {
                        int there = 0;
                        for (int word = 0; word < 4; word++)
                        {
                            there += BitOperations.PopCount(hash[word] ^ own[o][word]);
                        }

                        if (there < best)
                        {
                            best = there;
                            member = new(picture.EntryId, id, there == 0 ? AlikeKind.SameHash : AlikeKind.Near, there, (PdqOrientation)o, null);
                        }
                    }
                }
            }

            if (picture.Content is ContentKey bytes)
            {
                firsts.TryAdd(bytes, member);
            }

            if (compared && member.Kind == AlikeKind.Leader)
            {
                leaders.Add((picture.EntryId, Words(picture.Orientations[0])));
            }

            members.Add(member);
        }

        return [.. members];
    }

    private static ulong[] Words(PdqHash hash) => [hash.Word0, hash.Word1, hash.Word2, hash.Word3];
}
