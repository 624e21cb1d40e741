using System.Buffers;
using static Cairn.Core.ContentTypes.ContentSignatures;

namespace Cairn.Core.ContentTypes;

/// <summary>Text: its encoding, and what its first lines say it is. Only signatures that a person would not write by chance make it certain.</summary>
internal static class TextIdentifier
{
    private const int Looked = 4096;

    /// <summary>Bytes that text does not hold: control characters but for tab, line feed, form feed, return, backspace, bell, vertical tab and escape.</summary>
    private static readonly SearchValues<byte> Controls = SearchValues.Create([0, 1, 2, 3, 4, 5, 6, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31, 127]);

    /// <summary>What 8-bit encodings leave to control characters; Windows-1252 uses it for letters and quotation marks.</summary>
    private static readonly SearchValues<byte> SecondControls = SearchValues.Create([0x81, 0x8D, 0x8F, 0x90, 0x9D]);

    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("-+.eE0123456789 \t\r\n"u8);

    private static readonly byte[][] MailHeaders =
    [
        .. ((string[])["Received:", "Return-Path:", "From:", "To:", "Date:", "Subject:", "Message-ID:", "Message-Id:", "Delivered-To:", "MIME-Version:", "X-", "Reply-To:", "Sender:", "Cc:", "Content-Type:"])
            .Select(h => System.Text.Encoding.ASCII.GetBytes(h)),
    ];

    public static ContentType? Identify(ReadOnlySpan<byte> head)
    {
        bool cut = head.Length > Looked;
        ReadOnlySpan<byte> looked = cut ? head[..Looked] : head;
        if (looked.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || looked.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
        {
            return looked.Length % 4 == 0 || cut ? Utf32 : null;
        }

        if (looked.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || looked.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return Wide(looked[2..], looked[0] == 0xFF, marked: true);
        }

        if (looked.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            looked = looked[3..];
        }

        if (looked.IndexOfAny(Controls) >= 0)
        {
            // One stray control character does not make a page another thing.
            return looked.Length >= 4 && looked[0] == 0 != (looked[1] == 0) ? Wide(looked, looked[1] == 0, marked: false) : MarkupOf(looked) is ContentType certain && certain.IsCertain ? certain : null;
        }

        ContentType? plain = looked.IndexOfAnyExceptInRange((byte)0, (byte)127) < 0 ? Ascii
            : IsUtf8(looked) ? Utf8
            : looked.IndexOfAny(SecondControls) < 0 && Mostly7Bit(looked) ? EightBit : null;
        return plain is null ? null : MarkupOf(looked) ?? plain;
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        // The head may end in the middle of a character.
        for (int dropped = 0; dropped < 4 && dropped < bytes.Length; dropped++)
        {
            if (Utf8Valid(bytes[..^dropped]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Utf8Valid(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private static bool Mostly7Bit(ReadOnlySpan<byte> bytes)
    {
        int high = 0;
        foreach (byte b in bytes)
        {
            high += b >> 7;
        }

        return high * 10 <= bytes.Length * 3;
    }

    private static ContentType? Wide(ReadOnlySpan<byte> bytes, bool little, bool marked)
    {
        int pairs = Math.Min(bytes.Length / 2, 1024), ascii = 0, bad = 0;
        Span<byte> narrow = stackalloc byte[1024];
        for (int i = 0; i < pairs; i++)
        {
            byte low = bytes[(2 * i) + (little ? 0 : 1)], high = bytes[(2 * i) + (little ? 1 : 0)];
            if (high == 0)
            {
                bad += Controls.Contains(low) ? 1 : 0;
                ascii++;
                narrow[i] = low;
            }
            else
            {
                narrow[i] = (byte)'?';
            }
        }

        if (bad > 0 || (!marked && (pairs < 4 || ascii * 10 < pairs * 9)))
        {
            return null;
        }

        return MarkupOf(narrow[..pairs]) ?? (little ? Utf16Le : Utf16Be);
    }

    private static ContentType? MarkupOf(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> start = text.TrimStart(" \t\r\n"u8);
        if (start.IsEmpty)
        {
            return null;
        }

        switch (start[0])
        {
            case (byte)'<':
                return Markup(start);
            case (byte)'{' or (byte)'[':
                return Curly(start, text);
            case (byte)'#':
                return Hash(start);
            case (byte)'-' when start.StartsWith("-----BEGIN "u8):
                ReadOnlySpan<byte> what = start[11..];
                return what.StartsWith("PGP PUBLIC KEY"u8) || what.StartsWith("PGP PRIVATE KEY"u8) ? PgpKeys : what.StartsWith("PGP "u8) ? PgpText : what.StartsWith("OPENSSH PRIVATE"u8) ? SshKey : Pem;
            case (byte)'B' or (byte)'b':
                return start.StartsWith("BEGIN:VCARD"u8) ? Vcard : start.StartsWith("BEGIN:VCALENDAR"u8) ? Calendar : MailOf(start);
            case (byte)'@' when start.StartsWith("@echo"u8) || start.StartsWith("@ECHO"u8) || start.StartsWith("@Echo"u8):
                return Batch;
            case (byte)'W' when start.StartsWith("Windows Registry Editor Version"u8):
                return RegistryText;
            case (byte)'W' when start.StartsWith("WEBVTT"u8):
                return Vtt;
            case (byte)'R' when start.StartsWith("REGEDIT4"u8):
                return RegistryText;
            case (byte)'P' when start.StartsWith("PuTTY-User-Key-File-"u8):
                return SshKey;
            case (byte)'F' when start.StartsWith("From "u8):
                return start.IndexOf("\nFrom:"u8) > 0 || start.IndexOf("\nReceived:"u8) > 0 || start.IndexOf("\nDate:"u8) > 0 || start.IndexOf("\nSubject:"u8) > 0 || start.IndexOf("\nX-"u8) > 0 ? Mbox : null;
            default:
                return MailOf(start);
        }
    }

    private static ContentType? Markup(ReadOnlySpan<byte> start)
    {
        ReadOnlySpan<byte> first = start[..Math.Min(start.Length, 1024)];
        if (StartsWithIgnoreCase(first, "<!doctype html"u8) || StartsWithIgnoreCase(first, "<html"u8))
        {
            return Html;
        }

        if (first.StartsWith("<?php"u8))
        {
            return Php;
        }

        if (first.StartsWith("<?xml"u8))
        {
            return first.IndexOf("<svg"u8) > 0 ? Svg : first.IndexOf("<plist"u8) > 0 ? PlistXml : first.IndexOf("<kml"u8) > 0 ? Kml : first.IndexOf("<gpx"u8) > 0 ? Gpx
                : first.IndexOf("<html"u8) > 0 || first.IndexOf("<!DOCTYPE html"u8) > 0 ? Html : Xml;
        }

        if (first.StartsWith("<svg"u8))
        {
            return Svg;
        }

        if (first.StartsWith("<!--"u8) || StartsWithIgnoreCase(first, "<head"u8) || StartsWithIgnoreCase(first, "<body"u8) || StartsWithIgnoreCase(first, "<title"u8) || StartsWithIgnoreCase(first, "<script"u8))
        {
            return ContainsIgnoreCase(first, "<html"u8) || ContainsIgnoreCase(first, "<!doctype html"u8) ? Html : null;
        }

        return null;
    }

    private static ContentType? Curly(ReadOnlySpan<byte> start, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> next = start[1..].TrimStart(" \t\r\n"u8);
        if (next.IsEmpty)
        {
            return null;
        }

        if (start[0] == '{')
        {
            if (next[0] == '}')
            {
                return next.Length == 1 ? Json : null;
            }

            if (next[0] != '"')
            {
                return null;
            }

            int close = next[1..].IndexOf((byte)'"');
            ReadOnlySpan<byte> after = close < 0 ? default : next[(close + 2)..].TrimStart(" \t\r\n"u8);
            if (close < 0 || after.IsEmpty || after[0] != ':')
            {
                return null;
            }

            // One object to a line.
            int line = text.IndexOf("}\n{\""u8);
            return line > 0 ? Ndjson : Json;
        }

        if (start.StartsWith("[InternetShortcut]"u8))
        {
            return InternetShortcut;
        }

        return next[0] is (byte)'{' or (byte)'"' or (byte)'[' or (byte)']' or (byte)'-' or (>= (byte)'0' and <= (byte)'9') ? LooksLikeArray(next) ? Json : null : null;
    }

    private static bool LooksLikeArray(ReadOnlySpan<byte> next)
    {
        // "[1]" begins notes as often as JSON; a quotation mark, brace or bracket first, or a comma after a number.
        if (next[0] is (byte)'{' or (byte)'"' or (byte)'[')
        {
            return true;
        }

        int end = next.IndexOfAnyExcept(NumberBytes);
        return end >= 0 && next[end] is (byte)',' or (byte)']' && (next[end] == ',' || next[(end + 1)..].Trim(" \t\r\n"u8).IsEmpty);
    }

    private static ContentType? Hash(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("#EXTM3U"u8))
        {
            return Playlist;
        }

        if (start.StartsWith("# Disk DescriptorFile"u8))
        {
            return VmdkDescriptor;
        }

        if (!start.StartsWith("#!"u8))
        {
            return null;
        }

        int end = start.IndexOfAny("\r\n"u8);
        ReadOnlySpan<byte> line = start[..(end < 0 ? Math.Min(start.Length, 128) : end)];
        return line.IndexOf((byte)'/') < 0 ? null
            : line.IndexOf("python"u8) > 0 ? Python
            : line.IndexOf("perl"u8) > 0 ? Perl
            : line.IndexOf("php"u8) > 0 ? Php
            : line.IndexOf("bash"u8) > 0 || line.EndsWith("/sh"u8) || line.IndexOf("/sh "u8) > 0 || line.IndexOf("zsh"u8) > 0 || line.IndexOf("ksh"u8) > 0 || line.IndexOf("dash"u8) > 0 ? Shell
            : Script;
    }

    /// <summary>RFC 5322: a known header first, and another known one among the next lines.</summary>
    private static ContentType? MailOf(ReadOnlySpan<byte> start)
    {
        if (!IsMailHeader(start))
        {
            return null;
        }

        int found = 1;
        ReadOnlySpan<byte> rest = start;
        for (int i = 0; i < 60; i++)
        {
            int end = rest.IndexOf((byte)'\n');
            if (end < 0 || end + 1 >= rest.Length || rest[end + 1] is (byte)'\r' or (byte)'\n')
            {
                break;
            }

            rest = rest[(end + 1)..];
            if (IsMailHeader(rest) && ++found == 3)
            {
                return Mail;
            }
        }

        return null;
    }

    private static bool IsMailHeader(ReadOnlySpan<byte> line)
    {
        foreach (byte[] header in MailHeaders)
        {
            if (line.StartsWith(header))
            {
                return header.Length > 2 || line[..Math.Min(line.Length, 60)].IndexOf(": "u8) > 2;
            }
        }

        return false;
    }

    private static bool StartsWithIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) =>
        text.Length >= lower.Length && System.Text.Ascii.EqualsIgnoreCase(text[..lower.Length], lower);

    private static bool ContainsIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        for (int at = 0; at + lower.Length <= text.Length; at++)
        {
            int next = text[at..].IndexOf(lower[0]);
            if (next < 0)
            {
                return false;
            }

            at += next;
            if (StartsWithIgnoreCase(text[at..], lower))
            {
                return true;
            }
        }

        return false;
    }
}
