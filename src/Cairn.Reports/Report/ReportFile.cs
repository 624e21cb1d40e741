using System.Security.Cryptography;
using Cairn.CaseStore;
using Cairn.Reports.Report.Content;
using Cairn.Reports.Report.Html;
using Cairn.Reports.Report.Pdf;

namespace Cairn.Reports.Report;

/// <summary>Writes a report of a case to a file that appears whole or not at all.</summary>
public static class ReportFile
{
    /// <summary>The endings that a report's file may have.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".html", ".pdf"];

    /// <summary>Writes the report; its kind follows the ending of <paramref name="path"/>, .html or .pdf.</summary>
    /// <param name="reader">The case.</param>
    /// <param name="settings">What is asked of it.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancel">Ends it early; no file is left then.</param>
    /// <exception cref="CaseException">The target is evidence or the case itself, has another ending, or cannot be written.</exception>
    public static ReportOutcome Write(CaseReader reader, ReportSettings settings, string path, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentException.ThrowIfNullOrEmpty(path);
        IReportWriter writer = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".html" => new HtmlReport(),
            ".pdf" => new PdfReport(),
            _ => throw new CaseException($"the report's kind follows the ending of its file: give -o a name that ends in {string.Join(" or ", Endings)}."),
        };
        byte[] hash = [];
        long size = 0;
        ExportFile.WriteWhole(reader, path, file =>
        {
            using HashingStream hashed = new(file);
            writer.Write(CaseReport.Of(reader, settings, cancel), hashed, cancel);
            (hash, size) = hashed.Finish();
            return 0;
        });
        return new ReportOutcome(Path.GetFullPath(path), size, Convert.ToHexStringLower(hash));
    }

    /// <summary>Hashes and counts what goes through.</summary>
    private sealed class HashingStream(Stream target) : ForwardOnlyStream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long length;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            hash.AppendData(buffer);
            length += buffer.Length;
            target.Write(buffer);
        }

        public override void Flush() => target.Flush();

        public (byte[] Hash, long Length) Finish() => (hash.GetHashAndReset(), length);

        protected override void Dispose(bool disposing)
        {
            hash.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>A report that was written.</summary>
/// <param name="File">Full path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Hexadecimal.</param>
public sealed record ReportOutcome(string File, long Size, string Sha256);

/// <summary>A stream that is only written to, from beginning to end.</summary>
internal abstract class ForwardOnlyStream : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
}
