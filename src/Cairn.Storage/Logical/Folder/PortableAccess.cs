using System.Runtime.InteropServices;
using System.Text;
using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Logical.Folder;

/// <summary>Through .NET: for systems whose file names are Unicode by themselves (Windows, macOS). Names are UTF-16 in bytes, so a lone surrogate survives.</summary>
internal sealed class PortableAccess : IFolderAccess
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    public void List(byte[] directory, List<byte[]> names)
    {
        try
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(Text(directory), "*", Everything))
            {
                names.Add(FromText(Path.GetFileName(path)));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableDataException(0, 0, error.Message, error);
        }
    }

    public Found Look(byte[] path)
    {
        try
        {
            string text = Text(path);
            FileAttributes attributes = File.GetAttributes(text);
            FileSystemInfo info = (attributes & FileAttributes.Directory) != 0 ? new DirectoryInfo(text) : new FileInfo(text);
            string? target = info.LinkTarget;
            EntryType type = target is not null ? EntryType.Link
                : info is DirectoryInfo ? EntryType.Directory
                : (attributes & FileAttributes.Device) != 0 ? EntryType.CharacterDevice : EntryType.File;
            bool windows = OperatingSystem.IsWindows();
            return new Found
            {
                Type = type,
                Size = type == EntryType.File ? ((FileInfo)info).Length : 0,
                AllocatedSize = type == EntryType.File ? ((FileInfo)info).Length : 0,
                Times = new EntryTimes(Time(info.LastWriteTimeUtc), Time(info.LastAccessTimeUtc), EvidenceTime.None, Time(info.CreationTimeUtc)),
                Mode = windows ? null : (int)File.GetUnixFileMode(text),
                DosAttributes = windows ? (int)attributes : null,
                LinkTarget = target,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UnreadableDataException(0, 0, error.Message, error);
        }
    }

    public IByteSource Open(byte[] path, int? fingerprint)
    {
        Found now = Look(path);
        if (now.Type != EntryType.File)
        {
            throw new UnreadableDataException(0, 0, "it is no ordinary file any more");
        }

        try
        {
            SafeFileHandle file = File.OpenHandle(Text(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new FolderFile(file, now.Size, now.Fingerprint, fingerprint is int before && before != now.Fingerprint, () => Look(path).Fingerprint);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableDataException(0, 0, error.Message, error);
        }
    }

    public byte[] Join(byte[] directory, ReadOnlySpan<byte> name) => FromText(Path.Combine(Text(directory), Text(name)));

    public byte[] FromText(string path) => MemoryMarshal.AsBytes(path.AsSpan()).ToArray();

    public (string Text, bool Lossy) ToText(ReadOnlySpan<byte> name)
    {
        string text = Text(name);
        bool lossy = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            lossy |= rune == Rune.ReplacementChar;
        }

        return (text, lossy && !text.Contains('\uFFFD', StringComparison.Ordinal));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => new(MemoryMarshal.Cast<byte, char>(bytes));

    private static EvidenceTime Time(DateTime utc) =>
        OperatingSystem.IsWindows() && utc.Year >= 1601
            ? new EvidenceTime(utc.ToFileTimeUtc(), TimeKind.FileTime)
            : UnixTime.From(Math.DivRem(utc.Ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond, out long rest), rest * 100);
}
