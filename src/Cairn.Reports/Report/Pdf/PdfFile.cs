using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Cairn.Reports.Report.Pdf;

/// <summary>
/// The objects of a PDF 1.7 file (ISO 32000-1), written as they come. Small objects are gathered in compressed object streams (7.5.7), so that hundreds of
/// thousands of structure elements stay small. Of an object that was written only its place is kept: eight bytes.
/// </summary>
internal sealed class PdfFile : IDisposable
{
    private const int ObjectsPerStream = 200;
    private const long InStream = long.MinValue;

    private readonly Stream target;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<long> places = [0];
    private readonly MemoryStream bodies = new();
    private readonly MemoryStream packed = new();
    private readonly List<(int Number, int Offset)> gathered = [];
    private long position;

    public PdfFile(Stream target)
    {
        this.target = target;
        // The second line says that the file is not text (7.5.2).
        Put("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n");
    }

    /// <summary>The number of an object that will be written.</summary>
    public int Reserve()
    {
        places.Add(0);
        return places.Count - 1;
    }

    /// <summary>Writes an object that is no stream.</summary>
    public void Write(int number, string body)
    {
        gathered.Add((number, (int)bodies.Length));
        bodies.Write(Encoding.Latin1.GetBytes(body));
        bodies.WriteByte((byte)'\n');
        if (gathered.Count == ObjectsPerStream)
        {
            Pack();
        }
    }

    /// <summary>Writes an object that is no stream and gives its number.</summary>
    public int Add(string body)
    {
        int number = Reserve();
        Write(number, body);
        return number;
    }

    /// <summary>Writes a stream.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="entries">Entries of its dictionary beside length and filter.</param>
    /// <param name="data">Its bytes.</param>
    /// <param name="compress">False where they are compressed already, and <paramref name="entries"/> names the filter.</param>
    public void WriteStream(int number, string entries, ReadOnlySpan<byte> data, bool compress = true)
    {
        if (compress)
        {
            packed.SetLength(0);
            using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                zlib.Write(data);
            }

            data = packed.GetBuffer().AsSpan(0, (int)packed.Length);
            entries += "/Filter/FlateDecode";
        }

        places[number] = position;
        Put(string.Create(CultureInfo.InvariantCulture, $"{number} 0 obj\n<<{entries}/Length {data.Length}>>\nstream\n"));
        Put(data);
        Put("\nendstream\nendobj\n");
    }

    /// <summary>Writes what is left, the cross-reference stream (7.5.8) and the trailer.</summary>
    public void Finish(int root, int info)
    {
        Pack();
        int number = Reserve();
        places[number] = position;
        byte[] table = new byte[places.Count * 8];
        for (int i = 0; i < places.Count; i++)
        {
            Span<byte> entry = table.AsSpan(i * 8, 8);
            if (i == 0)
            {
                BinaryPrimitives.WriteUInt16BigEndian(entry[6..], 65535);
            }
            else if (places[i] < 0)
            {
                long place = places[i] - InStream;
                entry[0] = 2;
                BinaryPrimitives.WriteInt32BigEndian(entry[2..], (int)(place >> 16));
                BinaryPrimitives.WriteUInt16BigEndian(entry[6..], (ushort)place);
            }
            else
            {
                entry[0] = 1;
                entry[1] = (byte)(places[i] >> 32);
                BinaryPrimitives.WriteUInt32BigEndian(entry[2..], (uint)places[i]);
            }
        }

        // The same content gives the same identity; nothing random goes into the file.
        string identity = Convert.ToHexString(hash.GetCurrentHash().AsSpan(0, 16));
        long start = position;
        WriteStream(number, string.Create(CultureInfo.InvariantCulture, $"/Type/XRef/Size {places.Count}/W[1 5 2]/Root {root} 0 R/Info {info} 0 R/ID[<{identity}><{identity}>]"), table);
        Put(string.Create(CultureInfo.InvariantCulture, $"startxref\n{start}\n%%EOF\n"));
    }

    public void Dispose()
    {
        hash.Dispose();
        bodies.Dispose();
        packed.Dispose();
    }

    /// <summary>A text string (7.9.2.2): bytes where it is ASCII, else UTF-16.</summary>
    public static string Text(string text)
    {
        StringBuilder written = new(text.Length + 2);
        if (text.All(c => c is >= ' ' and < '\u007f'))
        {
            written.Append('(');
            foreach (char c in text)
            {
                written.Append(c is '(' or ')' or '\\' ? "\\" : "").Append(c);
            }

            return written.Append(')').ToString();
        }

        written.Append("<FEFF");
        foreach (char c in text)
        {
            written.Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
        }

        return written.Append('>').ToString();
    }

    /// <summary>A number with up to three decimals, never in exponents.</summary>
    public static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private void Pack()
    {
        if (gathered.Count == 0)
        {
            return;
        }

        StringBuilder head = new();
        int number = Reserve();
        for (int i = 0; i < gathered.Count; i++)
        {
            head.Append(gathered[i].Number).Append(' ').Append(gathered[i].Offset).Append(' ');
            places[gathered[i].Number] = InStream + ((long)number << 16) + i;
        }

        byte[] index = Encoding.ASCII.GetBytes(head.ToString());
        WriteStream(number, string.Create(CultureInfo.InvariantCulture, $"/Type/ObjStm/N {gathered.Count}/First {index.Length}"), [.. index, .. bodies.GetBuffer().AsSpan(0, (int)bodies.Length)]);
        gathered.Clear();
        bodies.SetLength(0);
    }

    private void Put(string text) => Put(Encoding.Latin1.GetBytes(text));

    private void Put(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        target.Write(bytes);
        position += bytes.Length;
    }
}
