using System.Buffers.Binary;
using static Cairn.Core.ContentTypes.ContentSignatures;

namespace Cairn.Core.ContentTypes;

/// <summary>From the first bytes to a type: signatures by the first byte, then those elsewhere, then formats without one, then text.</summary>
internal static class ContentIdentifier
{
    public static ContentType? Identify(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            return null;
        }

        if (head.Length > ContentType.LongestHead)
        {
            head = head[..ContentType.LongestHead];
        }

        foreach (Signature signature in ByFirstByte[head[0]])
        {
            if (head.StartsWith(signature.Bytes) && Refine(signature.Type, head) is ContentType type)
            {
                return type;
            }
        }

        return Structured(head) ?? AtOffset(head) ?? LatePdf(head) ?? TextIdentifier.Identify(head) ?? Likely(head);
    }

    /// <summary>A closer look at containers; null where the signature turns out to mean nothing.</summary>
    private static ContentType? Refine(ContentType type, ReadOnlySpan<byte> head)
    {
        if (type == Zip)
        {
            return ContainerIdentifier.Zip(head);
        }

        if (type == Ole)
        {
            return ContainerIdentifier.Ole(head);
        }

        if (type == Dos)
        {
            return Program(head);
        }

        if (type == Tiff)
        {
            return TiffOrRaw(head);
        }

        if (type == Prefetch)
        {
            return head.Length > 8 ? Prefetch : null;
        }

        if (type == Mp3)
        {
            // ID3 stands before other audio as well; what follows the tag lies beyond the head more often than not.
            return head.Length > 9 && head[3] is > 0 and < 5 && (head[6] | head[7] | head[8] | head[9]) < 0x80 ? AfterId3(head) : null;
        }

        return type;
    }

    private static ContentType AfterId3(ReadOnlySpan<byte> head)
    {
        int tag = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]);
        if (tag < head.Length - 4)
        {
            ReadOnlySpan<byte> after = head[tag..];
            foreach (Signature signature in ByFirstByte[after[0]])
            {
                if (signature.Type.Family == ContentFamily.Audio && signature.Type != Mp3 && after.StartsWith(signature.Bytes))
                {
                    return signature.Type;
                }
            }
        }

        return Mp3;
    }

    private static ContentType Program(ReadOnlySpan<byte> head)
    {
        // 0x3C. Offset of the new header.
        if (head.Length >= 0x40)
        {
            uint at = BinaryPrimitives.ReadUInt32LittleEndian(head[0x3C..]);
            if (at <= head.Length - 4 && head[(int)at..].StartsWith("PE\0\0"u8))
            {
                return Pe;
            }
        }

        return Dos;
    }

    private static ContentType TiffOrRaw(ReadOnlySpan<byte> head)
    {
        bool little = head[0] == 'I';
        if (head.Length < 10)
        {
            return Tiff;
        }

        // TIFF 6.0, section 2: the first directory, entries of 12 bytes. DNG is told by tag 50706 (DNGVersion); other raw files by the maker
        // and what ordinary TIFFs of the same maker's scanners and programs do not have: a directory of its own for the raw picture
        // (tag 330, behind a first directory that is a reduced picture, tag 254) or the maker's own compression.
        long at = little ? BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) : BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (at > head.Length - 2)
        {
            return Tiff;
        }

        int count = U16(head, (int)at, little), compression = 0;
        bool hasOthers = false, isReduced = false;
        ReadOnlySpan<byte> make = [];
        for (int i = 0; i < count; i++)
        {
            long entry = at + 2 + (12L * i);
            if (entry > head.Length - 12)
            {
                break;
            }

            ReadOnlySpan<byte> value = head.Slice((int)entry + 8, 4);
            uint number = little ? BinaryPrimitives.ReadUInt32LittleEndian(value) : BinaryPrimitives.ReadUInt32BigEndian(value);
            switch (U16(head, (int)entry, little))
            {
                case 50706:
                    return Dng;
                case 254:
                    isReduced = number == 1;
                    break;
                case 259:
                    compression = U16(head, (int)entry + 8, little);
                    break;
                case 271 when number < head.Length:
                    make = head[(int)number..];
                    break;
                case 330:
                    hasOthers = true;
                    break;
                default:
                    break;
            }
        }

        return make.StartsWith("NIKON"u8) && hasOthers && isReduced ? Nef
            : make.StartsWith("SONY"u8) && hasOthers && isReduced ? Arw
            : make.StartsWith("SAMSUNG"u8) && hasOthers && isReduced ? Srw
            : (make.StartsWith("PENTAX"u8) || make.StartsWith("RICOH"u8)) && compression == 65535 ? Pef
            : Tiff;
    }

    private static int U16(ReadOnlySpan<byte> head, int at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(head[at..]) : BinaryPrimitives.ReadUInt16BigEndian(head[at..]);

    /// <summary>Formats that more than one run of bytes tells.</summary>
    private static ContentType? Structured(ReadOnlySpan<byte> head)
    {
        if (head.Length < 8)
        {
            return head.Length >= 3 && head[0] == 'P' ? Netpbm(head) : null;
        }

        switch (head[0])
        {
            case (byte)'R' or (byte)'F' or (byte)'X' when head.StartsWith("RIFF"u8) || head.StartsWith("RIFX"u8) || head.StartsWith("FORM"u8):
                return ContainerIdentifier.Riff(head);
            case 0x1A when head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]):
                return head[..Math.Min(head.Length, 64)].IndexOf("webm"u8) >= 0 ? Webm : Matroska;
            case (byte)'O' when head.StartsWith("OggS\0"u8):
                return ContainerIdentifier.Ogg(head);
            case 0xCA when head.StartsWith((ReadOnlySpan<byte>)[0xCA, 0xFE, 0xBA, 0xBE]):
                // A universal binary holds a few programs; a class file has its version here, 45 or more.
                return BinaryPrimitives.ReadUInt32BigEndian(head[4..]) < 43 ? MachOFat : JavaClass;
            case (byte)'B' when head.StartsWith("BM"u8) && head.Length >= 26:
                return IsBmp(head) ? Bmp : null;
            case (byte)'P':
                return Netpbm(head);
            case 0 when head[1] == 0 && head[2] is 1 or 2 && head[3] == 0 && head.Length >= 22:
                return IsIcon(head) ? (head[2] == 1 ? Icon : Cursor) : IsoMedia(head);
            case (byte)'d':
                return IsTorrent(head) ? Torrent : IsoMedia(head);
            case 0x30:
                return Der(head) ?? IsoMedia(head);
            case 0x47 when head.Length > 376 && head[188] == 0x47 && head[376] == 0x47:
                return MpegTs;
            default:
                // Blu-ray and AVCHD put four bytes before each packet.
                return head.Length > 388 && head[4] == 0x47 && head[196] == 0x47 && head[388] == 0x47 ? MpegTs : IsoMedia(head);
        }
    }

    /// <summary>Readers take a PDF whose header is not at the very start (ISO 32000-1, annex H, note 13).</summary>
    private static ContentType? LatePdf(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> start = head[..Math.Min(head.Length, 1024)];
        int at = start.IndexOf("%PDF-1."u8);
        return at > 0 && start[at - 1] is (byte)' ' or (byte)'\n' or (byte)'\r' or 0 or 0xBF ? PdfLater : null;
    }

    private static ContentType? IsoMedia(ReadOnlySpan<byte> head) => head.Length >= 12 ? ContainerIdentifier.IsoMedia(head) : null;

    private static ContentType? AtOffset(ReadOnlySpan<byte> head)
    {
        foreach (Signature signature in Elsewhere)
        {
            if (head.Length >= signature.Offset + signature.Bytes.Length && head[signature.Offset..].StartsWith(signature.Bytes) && Plausible(signature, head))
            {
                return signature.Type;
            }
        }

        // LHA: "-lh5-" at 2.
        if (head.Length > 7 && head[2] == '-' && head[3] == 'l' && head[4] is (byte)'h' or (byte)'z' or (byte)'Z' && head[6] == '-')
        {
            return Lzh;
        }

        if (IsOldTar(head))
        {
            return Tar;
        }

        return head.Length >= 512 && head[510] == 0x55 && head[511] == 0xAA && head[0] is 0xEB or 0xE9 or 0x33 or 0xFA or 0 ? Mbr : null;
    }

    /// <summary>Two bytes in the middle of a file are no proof; what else must hold is looked at.</summary>
    private static bool Plausible(Signature signature, ReadOnlySpan<byte> head)
    {
        if (signature.Type == Ext)
        {
            // Superblock at 1024: s_log_block_size (0x18) is 0 to 6, s_state (0x3A) 0 to 7, s_rev_level (0x4C) 0 or 1.
            return head.Length >= 1024 + 0x50 && BinaryPrimitives.ReadUInt32LittleEndian(head[(1024 + 0x18)..]) <= 6
                && BinaryPrimitives.ReadUInt16LittleEndian(head[(1024 + 0x3A)..]) <= 7 && BinaryPrimitives.ReadUInt32LittleEndian(head[(1024 + 0x4C)..]) <= 1;
        }

        if (signature.Type.Mime == "video/x-flc")
        {
            // 0x00. Size of the file; 0x0C. Depth, 8 in all but rare ones.
            return head.Length >= 128 && BinaryPrimitives.ReadUInt16LittleEndian(head[12..]) is 8 or 0 && BinaryPrimitives.ReadUInt16LittleEndian(head[8..]) is > 0 and < 4096;
        }

        return signature.Type != Prefetch || BinaryPrimitives.ReadUInt32LittleEndian(head) is 17 or 23 or 26 or 30 or 31;
    }

    /// <summary>A header block whose checksum (0x94, octal, counted as blanks) holds: TAR before POSIX has no signature.</summary>
    private static bool IsOldTar(ReadOnlySpan<byte> head)
    {
        if (head.Length < 512 || head[0] == 0 || head[99] != 0)
        {
            return false;
        }

        int stated = 0, digits = 0;
        foreach (byte b in head.Slice(148, 8))
        {
            if (b is >= (byte)'0' and <= (byte)'7')
            {
                stated = (stated * 8) + b - '0';
                digits++;
            }
            else if (b is not ((byte)' ' or 0))
            {
                return false;
            }
        }

        if (digits == 0)
        {
            return false;
        }

        int sum = 8 * ' ';
        for (int i = 0; i < 512; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : head[i];
        }

        return sum == stated;
    }

    private static ContentType? Netpbm(ReadOnlySpan<byte> head)
    {
        if (head[1] is < (byte)'1' or > (byte)'7' || head[2] is not ((byte)'\n' or (byte)' ' or (byte)'\t' or (byte)'\r'))
        {
            return null;
        }

        ReadOnlySpan<byte> rest = head[3..Math.Min(head.Length, 64)].TrimStart(" \t\r\n"u8);
        if (rest.IsEmpty || (head[1] == '7' ? rest[0] is not ((byte)'W' or (byte)'H' or (byte)'#' or (byte)'D' or (byte)'M' or (byte)'T') : rest[0] is not (>= (byte)'0' and <= (byte)'9' or (byte)'#')))
        {
            return null;
        }

        return head[1] switch
        {
            (byte)'1' or (byte)'4' => Pbm,
            (byte)'2' or (byte)'5' => Pgm,
            (byte)'3' or (byte)'6' => Ppm,
            _ => Pnm,
        };
    }

    private static bool IsBmp(ReadOnlySpan<byte> head)
    {
        // 0x06. Reserved, 0 in nearly all; 0x0E. Size of the information header.
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(head[14..]);
        return size is 12 or 16 or 40 or 52 or 56 or 64 or 108 or 124 && BinaryPrimitives.ReadUInt32LittleEndian(head[10..]) >= 26 - 8;
    }

    private static bool IsIcon(ReadOnlySpan<byte> head)
    {
        // 0x04. Number of pictures; the first entry: 0x09 reserved, 0x0E bytes, 0x12 offset, which lies behind the entries.
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);
        return count is > 0 and < 1024 && head[9] is 0 or 255 && BinaryPrimitives.ReadUInt32LittleEndian(head[14..]) < 1 << 24
            && (head[2] == 2 || (head[10] <= 1 && head[11] == 0 && head[12] is 0 or 1 or 4 or 8 or 16 or 24 or 32 && head[13] == 0)) && BinaryPrimitives.ReadUInt32LittleEndian(head[14..]) > 0
            && BinaryPrimitives.ReadUInt32LittleEndian(head[18..]) >= 6 + (16 * (uint)count);
    }

    private static bool IsTorrent(ReadOnlySpan<byte> head)
    {
        if (head[1] is < (byte)'1' or > (byte)'9')
        {
            return false;
        }

        ReadOnlySpan<byte> start = head[..Math.Min(head.Length, 256)];
        return start.IndexOf("8:announce"u8) > 0 || start.IndexOf("13:announce-list"u8) > 0 || start.IndexOf("4:infod"u8) > 0 || start.IndexOf("10:created by"u8) > 0
            || start.IndexOf("13:creation date"u8) > 0;
    }

    /// <summary>DER (X.690): a SEQUENCE whose first element tells certificate, PKCS #7 and PKCS #12 apart.</summary>
    private static ContentType? Der(ReadOnlySpan<byte> head)
    {
        int at = head[1] switch
        {
            0x80 => 2,
            < 0x80 => 2,
            0x81 => 3,
            0x82 => 4,
            0x83 => 5,
            0x84 => 6,
            _ => -1,
        };
        if (at < 0 || head.Length < at + 12)
        {
            return null;
        }

        ReadOnlySpan<byte> inner = head[at..];
        if (inner.StartsWith((ReadOnlySpan<byte>)[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07]))
        {
            return Pkcs7;
        }

        if (inner.StartsWith((ReadOnlySpan<byte>)[0x02, 0x01, 0x03, 0x30]))
        {
            return Pkcs12;
        }

        // tbsCertificate: a SEQUENCE that begins with [0] version.
        if (head[1] == 0x82 && inner[0] == 0x30 && inner[1] == 0x82 && inner[4..].StartsWith((ReadOnlySpan<byte>)[0xA0, 0x03, 0x02, 0x01]))
        {
            return Certificate;
        }

        return null;
    }

    /// <summary>Formats without a signature: several fields that are as they must be make them likely, no more.</summary>
    private static ContentType? Likely(ReadOnlySpan<byte> head)
    {
        if (head.Length >= 4 && head[0] == 0xFF && (head[1] & 0xE0) == 0xE0)
        {
            return (head[1] & 0xF6) == 0xF0 ? IsAdts(head) ? Aac : null : IsMpegAudio(head) ? Mp3Likely : null;
        }

        if (head.Length >= 12 && IsPgpKey(head))
        {
            return PgpBinary;
        }

        if (IsTga(head))
        {
            return Tga;
        }

        // PCX: manufacturer 10, version 0 to 5, RLE, bits per pixel.
        if (head.Length >= 128 && head[0] == 10 && head[1] is 0 or 2 or 3 or 4 or 5 && head[2] <= 1 && head[3] is 1 or 2 or 4 or 8 && head[64] == 0)
        {
            return Pcx;
        }

        // LZMA: properties 0x5D, a dictionary of a power of two, a length that is unknown or below 2^40.
        if (head.Length >= 14 && head[0] == 0x5D && head[1] == 0 && head[2] == 0 && head[13] == 0
            && BinaryPrimitives.ReadUInt64LittleEndian(head[5..]) is ulong.MaxValue or < (1UL << 40))
        {
            return Lzma;
        }

        // dBASE: version, a date, and a header of 32 bytes for each field and one more.
        if (head.Length >= 68 && head[0] is 0x02 or 0x03 or 0x04 or 0x05 or 0x30 or 0x31 or 0x43 or 0x83 or 0x8B or 0xF5 && head[2] is >= 1 and <= 12 && head[3] is >= 1 and <= 31
            && BinaryPrimitives.ReadUInt16LittleEndian(head[8..]) is >= 65 and < 16_384 && BinaryPrimitives.ReadUInt16LittleEndian(head[10..]) > 0
            && head[32] is >= (byte)'A' and <= (byte)'z' && head[43] is (byte)'C' or (byte)'N' or (byte)'D' or (byte)'L' or (byte)'M' or (byte)'F' or (byte)'I' or (byte)'T')
        {
            return Dbf;
        }

        return null;
    }

    /// <summary>RFC 4880, 4.2 and 5.5: a packet of a public or secret key, its version, and a public-key algorithm.</summary>
    private static bool IsPgpKey(ReadOnlySpan<byte> head)
    {
        int body = head[0] switch
        {
            0x98 or 0x94 => 2,
            0x99 or 0x95 => 3,
            0xC5 or 0xC6 => head[1] < 192 ? 2 : head[1] < 224 ? 3 : head[1] == 255 ? 6 : -1,
            _ => -1,
        };
        if (body < 0)
        {
            return false;
        }

        int version = head[body];
        int algorithm = version == 4 ? body + 5 : version is 2 or 3 ? body + 7 : -1;
        return algorithm >= 0 && algorithm < head.Length && head[algorithm] is 1 or 2 or 3 or 16 or 17 or 18 or 19 or 20 or 22;
    }

    private static bool IsAdts(ReadOnlySpan<byte> head)
    {
        int length = head.Length < 7 ? 0 : ((head[3] & 3) << 11) | (head[4] << 3) | (head[5] >> 5);
        return length > 7 && length + 1 < head.Length && head[length] == 0xFF && (head[length + 1] & 0xF6) == 0xF0;
    }

    /// <summary>ISO 11172-3, 2.4.1.3: a valid frame header, and where the next frame lies within the head another one there.</summary>
    private static bool IsMpegAudio(ReadOnlySpan<byte> head)
    {
        int length = MpegFrame(head);
        return length > 0 && (length + 4 > head.Length ? head.Length < 2048 : MpegFrame(head[length..]) > 0);
    }

    private static int MpegFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 4 || frame[0] != 0xFF || (frame[1] & 0xE0) != 0xE0)
        {
            return 0;
        }

        int version = (frame[1] >> 3) & 3, layer = 4 - ((frame[1] >> 1) & 3), rateIndex = frame[2] >> 4, sample = (frame[2] >> 2) & 3;
        if (version == 1 || layer == 4 || rateIndex is 0 or 15 || sample == 3)
        {
            return 0;
        }

        ReadOnlySpan<short> first = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
        ReadOnlySpan<short> second = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
        ReadOnlySpan<short> third = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        ReadOnlySpan<short> lowFirst = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
        ReadOnlySpan<short> lowOther = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        int rate = 1000 * (version == 3 ? (layer == 1 ? first : layer == 2 ? second : third) : layer == 1 ? lowFirst : lowOther)[rateIndex - 1];
        ReadOnlySpan<int> samples = [44_100, 48_000, 32_000];
        int frequency = samples[sample] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
        int padding = (frame[2] >> 1) & 1;
        return layer == 1 ? ((12 * rate / frequency) + padding) * 4 : ((layer == 3 && version != 3 ? 72 : 144) * rate / frequency) + padding;
    }

    private static bool IsTga(ReadOnlySpan<byte> head)
    {
        // Truevision TGA 2.0: 1 colour map type, 2 picture type, 3 to 7 colour map, 12 width, 14 height, 16 depth, 17 descriptor.
        if (head.Length < 18 || head[1] > 1 || head[2] is not (1 or 2 or 3 or 9 or 10 or 11) || head[16] is not (8 or 15 or 16 or 24 or 32) || (head[17] & 0xC0) != 0)
        {
            return false;
        }

        int width = BinaryPrimitives.ReadUInt16LittleEndian(head[12..]), height = BinaryPrimitives.ReadUInt16LittleEndian(head[14..]);
        bool mapped = head[2] is 1 or 9;
        return width is > 0 and < 32_768 && height is > 0 and < 32_768 && (head[1] == 1 || !mapped)
            && (head[1] == 1 ? head[7] is 15 or 16 or 24 or 32 : (head[3] | head[4] | head[5] | head[6] | head[7]) == 0);
    }
}
