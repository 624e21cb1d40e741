using System.Text;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical;
using SharpCompress.Archives;
using SharpCompress.Common;
using SharpCompress.Common.Rar;
using SharpCompress.Readers;

namespace Cairn.Storage.Embedded;

/// <summary>
/// Members of the archives that SharpCompress reads: 7z and RAR. Whatever it throws means damage. <c>holdsChecksums</c> where its decoder
/// compares checksums itself.
/// </summary>
internal sealed class SharpArchive(Func<string?, IArchive> openArchive, Func<string?, IReader> openReader, bool holdsChecksums, Expansion expansion)
{
    /// <summary>Bytes of an entry that are decoded to learn whether a password fits.</summary>
    private const long LongestTrial = 64 << 20;

    private const int LongestLink = 4096;

    private Dictionary<string, byte[]>? raws;

    /// <summary>
    /// Gives all members. <paramref name="rawNames"/>: names as stored, by their text, where the text does not give them back.
    /// </summary>
    /// <exception cref="MalformedDataException">No entry can be read.</exception>
    /// <exception cref="UnreadableDataException">The archive cannot be read.</exception>
    public void Give(bool isHeaderEncrypted, Dictionary<string, byte[]>? rawNames = null)
    {
        raws = rawNames;
        (bool anyEncrypted, bool anyLinks) = (isHeaderEncrypted, false);
        if (!isHeaderEncrypted)
        {
            (anyEncrypted, anyLinks) = LookAhead(null);
        }

        string? password = null;
        if (anyEncrypted)
        {
            password = expansion.Passwords.FirstOrDefault(Fits);
            if (password is null && isHeaderEncrypted)
            {
                expansion.Report(Encrypted("archive", "it is encrypted with its names"));
                return;
            }

            anyLinks = isHeaderEncrypted ? LookAhead(password).AnyLinks : anyLinks;
        }

        if (anyLinks || (anyEncrypted && password is null))
        {
            Apart(password);
            return;
        }

        try
        {
            InTurn(password);
        }
        catch (MultiVolumeExtractionException)
        {
            expansion.Report(new Problem(ProblemKind.Missing, "archive", "it is one volume of several; the others are not read with it"));
            Apart(password);
        }
    }

    /// <summary>What the headers hold, as far as they can be read; what cannot be read is reported when members are given.</summary>
    private (bool AnyEncrypted, bool AnyLinks) LookAhead(string? password)
    {
        (bool anyEncrypted, bool anyLinks) = (false, false);
        try
        {
            using IArchive archive = openArchive(password);
            foreach (IArchiveEntry entry in archive.Entries)
            {
                anyEncrypted |= entry.IsEncrypted && !entry.IsDirectory;

                // The forward reader stops at a link of RAR 5, which has no stream of its own; solid archives can be read no other way.
                anyLinks |= entry is RarEntry { IsRedir: true } && !archive.IsSolid;
            }
        }
        catch (Exception error) when (error is not (OperationCanceledException or UnreadableDataException))
        {
            // Reported where members are given.
        }

        return (anyEncrypted, anyLinks);
    }

    /// <summary>Each entry opened by itself: so what is not encrypted can be read beside what is.</summary>
    private void Apart(string? password)
    {
        using IArchive archive = Guarded(() => openArchive(password));
        List<IArchiveEntry> entries = [];
        try
        {
            foreach (IArchiveEntry entry in archive.Entries)
            {
                entries.Add(entry);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            expansion.Report(Of(error, "headers", "the members after this point are left out"));
        }

        foreach (IArchiveEntry entry in entries)
        {
            if (!entry.IsComplete)
            {
                string path = ArchivePath.Normalise(entry.Key ?? "", [], out _);
                expansion.Report(new Problem(ProblemKind.Missing, path, "parts of it lie in other volumes of the archive"));
                if (!expansion.Give(new EmbeddedMember { Ordinal = 0, Path = path }))
                {
                    return;
                }

                continue;
            }

            if (!One(entry, password is not null, entry.IsDirectory ? null : entry.OpenEntryStream, false))
            {
                return;
            }
        }
    }

    /// <summary>All entries in one pass: those of a solid archive share a stream, and of a damaged one those before the damage are had.</summary>
    private void InTurn(string? password)
    {
        using IReader reader = Guarded(() => openReader(password));
        for (bool isFirst = true; ; isFirst = false)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            try
            {
                if (!reader.MoveToNextEntry())
                {
                    return;
                }
            }
            catch (Exception error) when (!isFirst && error is not OperationCanceledException)
            {
                expansion.Report(Of(error, "archive", "the members after this point are left out"));
                return;
            }
            catch (Exception error) when (error is not (OperationCanceledException or MalformedDataException or UnreadableDataException or MultiVolumeExtractionException))
            {
                throw Damage.Of(error, 0);
            }

            if (!One(reader.Entry, true, reader.Entry.IsDirectory ? null : reader.OpenEntryStream, true))
            {
                return;
            }
        }
    }

    private bool One(IEntry entry, bool fits, Func<Stream>? openEntry, bool readAll)
    {
        EmbeddedMember member;
        try
        {
            member = Member(entry);
        }
        catch (Exception error) when (error is not (OperationCanceledException or UnreadableDataException))
        {
            expansion.Report(Of(error, "entry", "it is left out"));
            return true;
        }

        if (entry.IsEncrypted && !fits && !entry.IsDirectory)
        {
            expansion.Report(Encrypted(member.Path, "it is encrypted"));
            return expansion.Give(member);
        }

        if (member.Type == EntryType.Link)
        {
            return expansion.Give(openEntry is null ? member : WithTarget(member, openEntry));
        }

        return expansion.Give(member, openEntry is null ? null : () => holdsChecksums ? openEntry() : new CheckedStream(openEntry(), entry.Crc, entry.Size), readAll);
    }

    /// <summary>Where the content of a link is where it leads.</summary>
    private EmbeddedMember WithTarget(EmbeddedMember member, Func<Stream> openEntry)
    {
        if (member.Attributes?.ContainsKey("link target") == true)
        {
            return member;
        }

        byte[] target = new byte[LongestLink];
        try
        {
            using Stream content = openEntry();
            int got = content.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
            return member with { Attributes = new Dictionary<string, string>(member.Attributes ?? new Dictionary<string, string>()) { ["link target"] = Encoding.UTF8.GetString(target, 0, got) } };
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            expansion.Report(Of(error, member.Path, "where it leads is not known"));
            return member;
        }
    }

    private EmbeddedMember Member(IEntry entry)
    {
        string stored = entry.Key ?? "";
        List<Problem> problems = [];
        string path = ArchivePath.Normalise(stored.Replace('\\', '/'), problems, out bool altered);
        foreach (Problem problem in problems)
        {
            expansion.Report(problem with { Place = $"{path}: {problem.Place}" });
        }

        Dictionary<string, string> attributes = [];
        if (altered)
        {
            attributes[ArchivePath.StoredName] = stored;
        }

        bool isRedirected = entry is RarEntry { IsRedir: true };
        string? target = isRedirected ? ((RarEntry)entry).RedirTargetName : entry.LinkTarget;
        if (!string.IsNullOrEmpty(target))
        {
            attributes["link target"] = target;
        }

        // Unix modes lie in the upper half of the attributes where p7zip puts them, RAR has them as they are.
        int mode = entry.Attrib is not int bits ? 0 : entry is RarEntry ? bits & 0xF000 : (bits & 0x8000) != 0 ? (bits >> 16) & 0xF000 : 0;
        bool isLink = isRedirected || !string.IsNullOrEmpty(target) || mode == 0xA000;
        return new EmbeddedMember
        {
            Ordinal = 0,
            Path = path,
            NameBytes = raws is not null && raws.TryGetValue(stored, out byte[]? raw) ? raw : HasLoneSurrogate(stored) ? Encoding.Unicode.GetBytes(stored) : null,
            Type = entry.IsDirectory ? EntryType.Directory : isLink ? EntryType.Link : EntryType.File,
            StatedSize = entry.IsDirectory ? null : entry.Size,
            Times = new EntryTimes(Time(entry.LastModifiedTime), Time(entry.LastAccessedTime), default, Time(entry.CreatedTime)),
            Encrypted = entry.IsEncrypted,
            Attributes = attributes.Count == 0 ? null : attributes,
        };
    }

    private static bool HasLoneSurrogate(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return true;
            }
        }

        return false;
    }

    private static EvidenceTime Time(DateTime? time)
    {
        if (time is not DateTime value || value.Ticks < 504_911_232_000_000_000)
        {
            return EvidenceTime.None;
        }

        // RAR 4 stores local time without a zone; the decoder calls it local. It is taken as it is written, as FAT's is.
        long ticks = value.Kind == DateTimeKind.Local ? DateTime.SpecifyKind(value.ToUniversalTime(), DateTimeKind.Utc).Ticks : value.Ticks;
        return new EvidenceTime(ticks - 504_911_232_000_000_000, TimeKind.FileTime);
    }

    /// <summary>Whether the archive opens, and its first encrypted entry with content decodes to what its checksum says.</summary>
    private bool Fits(string password)
    {
        expansion.Cancel.ThrowIfCancellationRequested();
        try
        {
            using IReader reader = openReader(password);
            while (reader.MoveToNextEntry())
            {
                IEntry entry = reader.Entry;
                if (entry.IsDirectory || !entry.IsEncrypted || entry.Size == 0)
                {
                    continue;
                }

                using CheckedStream stream = new(reader.OpenEntryStream(), holdsChecksums ? 0 : entry.Crc, entry.Size);
                byte[] buffer = new byte[64 << 10];
                long read = 0;
                int got;
                while (read < LongestTrial && (got = stream.Read(buffer)) > 0)
                {
                    read += got;
                }

                return stream.Verdict is null && read >= Math.Min(entry.Size, LongestTrial);
            }

            return true;
        }
        catch (Exception error) when (error is not (OperationCanceledException or UnreadableDataException))
        {
            return false;
        }
    }

    private Problem Encrypted(string place, string what) =>
        new(ProblemKind.Encrypted, place, what + (expansion.Passwords.Count == 0 ? ", and no key is known" : ", and none of the passwords fits"));

    private static Problem Of(Exception error, string place, string then) => Damage.Of(error, 0) switch
    {
        UnreadableDataException unreadable => Problem.From(unreadable, place),
        MalformedDataException malformed => new Problem(ProblemKind.Malformed, place, $"{malformed.Have}; {then}"),
        _ => new Problem(ProblemKind.Malformed, place, then),
    };

    private static T Guarded<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (CryptographicException error)
        {
            throw new UnreadableDataException(0, 0, "it is encrypted, and no key is known", error) { Kind = ProblemKind.Encrypted };
        }
        catch (Exception error) when (error is not (OperationCanceledException or UnreadableDataException or MalformedDataException))
        {
            throw Damage.Of(error, 0) as MalformedDataException ?? new MalformedDataException("archive", 0, "headers that can be read", error.Message);
        }
    }

    /// <summary>Holds the CRC-32 that the archive states against what was read.</summary>
    private sealed class CheckedStream(Stream inner, long stated, long size) : ForwardStream, IJudging
    {
        private uint checksum;
        private long read;

        public Problem? Verdict => read == size && stated != 0 && checksum != (uint)stated
            ? new Problem(ProblemKind.Mismatch, "content", $"its CRC-32 is {checksum:x8}, the archive says {(uint)stated:x8}") : null;

        public override int Read(Span<byte> buffer)
        {
            int got = inner.Read(buffer);
            checksum = Crc32.Compute(buffer[..got], checksum);
            read += got;
            return got;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
