using System.Security.Cryptography;
using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Tests.Embedded;

/// <summary>Takes every member and reads it to its end.</summary>
internal sealed class Taken : IEmbeddedReceiver
{
    public List<Problem> Problems { get; } = [];

    public List<EmbeddedMember> Members { get; } = [];

    /// <summary>Size and MD5 of each member in order; null where it had no content or could not be read to its end.</summary>
    public List<(long Size, string Md5)?> Contents { get; } = [];

    /// <summary>Why contents could not be read.</summary>
    public List<Problem> Failures { get; } = [];

    public long Bytes { get; private set; }

    public static EmbeddedLimits Limits(long bytes = 1L << 30, long ratio = 10_000, int members = 100_000, params string[] passwords) => new(bytes, ratio, members, passwords);

    public static IEmbeddedFormat Format(string id) => StorageCatalogue.Embedded.Single(f => f.Description.Id == id);

    public static Taken From(string id, byte[] data, EmbeddedLimits? limits = null)
    {
        Taken taken = new();
        Format(id).Expand(new MemoryByteSource(data), limits ?? Limits(), taken, TestContext.Current.CancellationToken);
        return taken;
    }

    public void Report(Problem problem) => Problems.Add(problem);

    public void Take(EmbeddedMember member, Stream? content)
    {
        Assert.Equal(Members.Count, member.Ordinal);
        Assert.NotEqual("", member.Path);
        Members.Add(member);
        (long, string)? result = null;
        if (content is not null)
        {
            using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            byte[] buffer = new byte[50_000];
            long size = 0;
            try
            {
                int got;
                while ((got = content.Read(buffer)) > 0)
                {
                    md5.AppendData(buffer, 0, got);
                    size += got;
                }

                result = (size, Convert.ToHexStringLower(md5.GetHashAndReset()));
            }
            catch (MalformedDataException error)
            {
                Failures.Add(Problem.From(error, member.Path));
            }
            catch (UnreadableDataException error)
            {
                Failures.Add(Problem.From(error, member.Path));
            }

            Bytes += size;
        }

        Contents.Add(result);
    }
}
