using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore;

namespace Cairn.Reports.Files;

/// <summary>
/// A folder that is written under another name and appears whole or not at all. Each file in it is hashed while it is written, and stands in
/// SHA256SUMS as sha256sum writes it. Names are the program's own: nothing from evidence becomes a part of a path.
/// </summary>
internal sealed class ChecksumFolder : IDisposable
{
    internal const string SumsName = "SHA256SUMS";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly string target;
    private readonly string temporary;
    private readonly StreamWriter sums;
    private readonly HashSet<string> folders = new(StringComparer.Ordinal);
    private bool closed;
    private bool done;

    /// <exception cref="CaseException">The folder is there and not empty, is evidence or the case, or cannot be made.</exception>
    public ChecksumFolder(string path, CaseReader reader)
    {
        target = Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar);
        ExportFile.RefuseParts(target, reader.Directory, reader.Evidence());
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new CaseException($"{target} is there already: give a folder that does not exist or is empty with -o.");
        }

        if (Path.GetDirectoryName(target) is string parent && !Directory.Exists(parent))
        {
            throw new CaseException($"there is no folder {parent}: make it first, or choose another with -o.");
        }

        temporary = $"{target}.{Environment.ProcessId}.part";
        Directory.CreateDirectory(temporary);
        sums = new StreamWriter(new FileStream(Path.Combine(temporary, SumsName), FileMode.CreateNew, FileAccess.Write, FileShare.Read), Utf8);
    }

    /// <summary>Full path where it will lie.</summary>
    public string Target => target;

    /// <summary>Files written so far.</summary>
    public long Files { get; private set; }

    /// <summary>A new file; it is in the list when the stream is disposed.</summary>
    /// <param name="name">Names of our own with "/" between.</param>
    public Stream Create(string name) => new Listed(this, name, Open(name));

    /// <summary>A new file with this text.</summary>
    public void Write(string name, string text)
    {
        using Stream file = Create(name);
        file.Write(Utf8.GetBytes(text));
    }

    /// <summary>Closes the list and gives its SHA-256; what is written from here on is not in it.</summary>
    public byte[] Close()
    {
        closed = true;
        sums.Flush();
        ((FileStream)sums.BaseStream).Flush(flushToDisk: true);
        sums.Dispose();
        using FileStream list = File.OpenRead(Path.Combine(temporary, SumsName));
        return SHA256.HashData(list);
    }

    /// <summary>Gives the folder its name.</summary>
    public void Finish()
    {
        if (!closed)
        {
            Close();
        }

        if (Directory.Exists(target))
        {
            Directory.Delete(target); // empty: a folder with something in it was refused
        }

        Directory.Move(temporary, target);
        done = true;
    }

    /// <summary>Takes away what was written, unless it was finished.</summary>
    public void Dispose()
    {
        sums.Dispose();
        if (done)
        {
            return;
        }

        try
        {
            Directory.Delete(temporary, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; a left-over .part folder says what it is.
        }
    }

    private FileStream Open(string name)
    {
        string folder = Path.GetDirectoryName(name) ?? "";
        if (folder.Length > 0 && folders.Add(folder))
        {
            Directory.CreateDirectory(Path.Combine(temporary, folder));
        }

        return new FileStream(Path.Combine(temporary, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
    }

    /// <summary>A file that is hashed as it is written.</summary>
    private sealed class Listed(ChecksumFolder folder, string name, FileStream file) : Stream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private bool open = true;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position
        {
            get => file.Position;
            set => throw new NotSupportedException();
        }

        public override void Flush() => file.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            hash.AppendData(buffer);
            file.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && open)
            {
                open = false;
                file.Dispose();
                if (!folder.closed)
                {
                    folder.sums.Write($"{Convert.ToHexStringLower(hash.GetHashAndReset())}  {name}\n");
                    folder.Files++;
                }

                hash.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
