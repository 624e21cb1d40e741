using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ext;

/// <summary>ea_inode, fscrypt and fs-verity against what the kernel reads in the fixtures, and a tree of 10,000 levels.</summary>
public sealed class ExtFeatureTests
{
    [Fact]
    public void Values_in_inodes_of_their_own_are_those_of_the_kernel()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-eainode").Open();
        Assert.Empty(ours.Problems);
        int long_ = 0;
        foreach (string line in TestFiles.FixtureText("ext/ext4-eainode.xattr.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split('|');
            FileEntry entry = ours.Live(fields[3]);
            Assert.Null(entry.Problems);
            string value = entry.Attributes![fields[2]];
            string prefix = $"{fields[1]} bytes in ";
            if (value.StartsWith(prefix, StringComparison.Ordinal))
            {
                FileEntry own = ours.Live(value[prefix.Length..]);
                Assert.Equal(fields[0], ours.Md5(own));
                long_++;
                continue;
            }

            byte[] bytes = value.StartsWith("0x", StringComparison.Ordinal) ? Convert.FromHexString(value[2..]) : Encoding.UTF8.GetBytes(value);
            Assert.Equal(fields[1], bytes.Length.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(fields[0], Convert.ToHexStringLower(MD5.HashData(bytes)));
        }

        Assert.Equal(3, long_); // of the five of letter.txt, those that pass 32 KiB together
    }

    [Fact]
    public void An_inode_that_holds_a_value_has_no_times()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-eainode").Open();
        FileEntry[] values = [.. ours.Entries.Where(e => e.Path.EndsWith("-attribute-value", StringComparison.Ordinal))];
        Assert.Equal(6, values.Length); // seven large values, of which two are the same and share an inode
        Assert.All(values, v => Assert.True(v.Times is { Modified.IsNone: true, Accessed.IsNone: true, Changed.IsNone: true, Created.IsNone: true }));
        Assert.All(values, v => Assert.Equal("attribute value", v.Attributes!["flags"]));
    }

    [Fact]
    public void A_short_link_keeps_its_target_beside_a_value_in_an_inode()
    {
        FileEntry link = new ExtVolumeOnTest("ext4-eainode").Open().Live("link");
        Assert.Equal("letter.txt", link.LinkTarget);
        Assert.True(link.Streams[0].Flags.HasFlag(StreamFlags.Resident));
    }

    [Fact]
    public void A_value_whose_bytes_have_changed_is_a_mismatch_and_one_that_is_no_value_is_said()
    {
        ExtVolumeOnTest volume = new("ext4-eainode");
        int at = volume.Bytes.AsSpan().IndexOf("copy line 000000"u8);
        Assert.True(at > 0);
        int value = volume.Bytes.AsSpan().IndexOf("shared line 000000"u8);
        volume.Bytes[value] ^= 1;
        ExtTreeOnTest ours = volume.Open();
        Problem problem = Assert.Single(ours.Live("copy.txt").Problems!);
        Assert.Equal(ProblemKind.Mismatch, problem.Kind);
        Assert.Contains("checksum of the value", problem.Reason, StringComparison.Ordinal);
        Assert.StartsWith("rhared line", ours.Live("copy.txt").Attributes!["user.shared"], StringComparison.Ordinal);

        uint inode = uint.Parse(ours.Entries.First(e => e.Path.EndsWith("-attribute-value", StringComparison.Ordinal) && ours.Content(e).AsSpan().StartsWith("rhared"u8)).Streams[0].Address, CultureInfo.InvariantCulture);
        volume.Put32(volume.Inode(inode) + 0x20, 0x80000);
        Assert.Contains(volume.Open().Live("copy.txt").Problems!, p => p.Kind == ProblemKind.Malformed && p.Reason == $"inode {inode} is named as a value but is not one");
    }

    [Fact]
    public void Encrypted_names_are_the_bytes_that_the_kernel_shows_without_the_key_and_are_said_to_be_encrypted()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-encrypted").Open();
        Assert.Empty(ours.Problems);
        Dictionary<string, FileEntry> live = ours.Entries.Where(e => e.State == EntryState.Allocated).ToDictionary(e => e.Streams[0].Address, StringComparer.Ordinal);
        int compared = 0;
        foreach (string line in TestFiles.FixtureText("ext/ext4-encrypted.nokey.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split('|');
            FileEntry entry = live[fields[0]];
            EntryType type = fields[1] switch { "d" => EntryType.Directory, "l" => EntryType.Link, _ => EntryType.File };
            Assert.Equal(type, entry.Type);
            StreamInfo stream = entry.Streams[0];
            Assert.True(stream.Flags.HasFlag(StreamFlags.Encrypted));
            if (type == EntryType.File)
            {
                Assert.Equal(fields[2], stream.Size.ToString(CultureInfo.InvariantCulture));
            }

            Assert.Null(entry.LinkTarget);
            Assert.StartsWith("encrypted", entry.Attributes!["flags"], StringComparison.Ordinal);
            Assert.True(stream.Size == 0 || entry.Problems!.Single().Kind == ProblemKind.Encrypted);
            if (fields[4] == "secret")
            {
                Assert.False(entry.Attributes.ContainsKey("name"), "the directory that has the policy has a plain name");
                continue;
            }

            string name = fields[4][(fields[4].LastIndexOf('/') + 1)..];
            byte[] shown = Base64Url.DecodeFromChars(name);
            byte[] ours_ = entry.NameBytes ?? Encoding.UTF8.GetBytes(entry.Path[(entry.Path.LastIndexOf('/') + 1)..]);
            Assert.Equal(shown[8..], ours_);
            Assert.Equal("encrypted (fscrypt)", entry.Attributes["name"]);
            Assert.Equal(fields[4].Count(c => c == '/'), entry.Path.Count(c => c == '/'));
            compared++;
        }

        Assert.Equal(187, compared); // six in "secret", one in "inner", 180 in "many"
        Assert.Null(ours.Live("plain.txt").Problems);
        Assert.Null(ours.Live("plain.txt").Attributes);
    }

    [Fact]
    public void Verity_is_a_flag_and_its_hashes_are_no_content()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-verity").Open();
        Assert.Empty(ours.Problems);
        FileEntry verified = ours.Live("verified.txt");
        Assert.Equal("verity", verified.Attributes!["flags"]);
        Assert.Null(verified.Problems);
        Assert.Equal(StreamFlags.None, verified.Streams[0].Flags);
        IReadOnlyList<Extent> extents = ours.Tree.GetExtents(verified.Streams[0].Ref);
        Assert.True(extents[^1].FileOffset + extents[^1].Length > 65536, "the hashes lie after the next multiple of 64 KiB");
    }

    [Fact]
    public void Ten_thousand_levels_of_directories_are_walked_to_the_bottom()
    {
        ProblemList problems = new();
        using IFileTree tree = new FileSystems.Ext.ExtFormat().Open(new MemoryByteSource(TestFiles.Fixture("hostile/deep.img.gz")), problems);
        long entries = 0, characters = 0;
        FileEntry? bottom = null;
        foreach (FileEntry entry in tree.Walk(problems, TestContext.Current.CancellationToken))
        {
            entries++;
            characters += entry.Path.Length;
            bottom = entry.Path.EndsWith("/bottom.txt", StringComparison.Ordinal) ? entry : bottom;
        }

        Assert.Empty(problems.Items);
        Assert.Equal(10_000, bottom!.Path.Count(c => c == '/'));
        Assert.True(entries > 10_000);
        Assert.InRange(characters, 1, 200_000_000);
    }
}
