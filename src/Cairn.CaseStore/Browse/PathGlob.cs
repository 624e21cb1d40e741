using System.Text;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// A pattern of paths as a set of places in it, one bit each, so that matching takes a step for each character and never goes back. What a folder's
/// path comes to is kept with the folder and the names in it go on from there.
/// </summary>
internal sealed class PathGlob
{
    /// <summary>The longest pattern.</summary>
    public const int MostLength = 1_000;

    private enum Token
    {
        Letter,
        One,
        Many,
        Any,
        Folders,
    }

    private readonly List<(Token Kind, Rune Letter)> tokens = [];
    private readonly Dictionary<Rune, ulong[]> letters = [];
    private readonly ulong[] ascii = new ulong[0x80];
    private readonly ulong[] none;
    private readonly ulong[] ones;
    private readonly ulong[] stayInName;
    private readonly ulong[] stayAlways;
    private readonly ulong[] skip;
    private readonly ulong[] folders;

    /// <exception cref="FormatException">The pattern is too long.</exception>
    public PathGlob(string pattern)
    {
        if (pattern.Length > MostLength)
        {
            throw new FormatException($"a pattern of {pattern.Length} characters is longer than {MostLength}");
        }

        Parse(Fold.Text(pattern));
        Words = (tokens.Count / 64) + 1;
        none = new ulong[Words];
        ones = new ulong[Words];
        stayInName = new ulong[Words];
        stayAlways = new ulong[Words];
        skip = new ulong[Words];
        folders = new ulong[Words];
        for (int i = 0; i < tokens.Count; i++)
        {
            ulong bit = 1UL << i;
            switch (tokens[i].Kind)
            {
                case Token.Letter:
                    if (!letters.TryGetValue(tokens[i].Letter, out ulong[]? places))
                    {
                        letters.Add(tokens[i].Letter, places = new ulong[Words]);
                    }

                    places[i / 64] |= bit;
                    if (tokens[i].Letter.IsAscii)
                    {
                        ascii[tokens[i].Letter.Value] |= bit;
                    }

                    break;
                case Token.One:
                    ones[i / 64] |= bit;
                    break;
                case Token.Many:
                    stayInName[i / 64] |= bit;
                    skip[i / 64] |= bit;
                    break;
                case Token.Any:
                    stayAlways[i / 64] |= bit;
                    skip[i / 64] |= bit;
                    break;
                default:
                    folders[i / 64] |= bit;
                    break;
            }
        }

        Literal = NameLiteral();
    }

    /// <summary>Words of a set of places.</summary>
    public int Words { get; }

    /// <summary>Folded UTF-8 that every name that fits holds; empty where there is none.</summary>
    public byte[] Literal { get; }

    /// <summary>The places before the first character.</summary>
    public void Start(Span<ulong> places)
    {
        places.Clear();
        places[0] = 1;
        Skip(places, places);
    }

    /// <summary>Goes on by folded UTF-8.</summary>
    public void Step(Span<ulong> places, ReadOnlySpan<byte> text)
    {
        if (Words == 1)
        {
            places[0] = Step(places[0], text);
            return;
        }

        Span<ulong> entered = stackalloc ulong[Words];
        Span<ulong> stayed = stackalloc ulong[Words];
        while (!text.IsEmpty)
        {
            _ = Rune.DecodeFromUtf8(text, out Rune letter, out int used);
            text = text[used..];
            bool slash = letter.Value == '/';
            ulong[] match = letters.GetValueOrDefault(letter, none);
            ulong carry = 0, left = 0;
            for (int w = 0; w < Words; w++)
            {
                ulong moved = places[w] & (match[w] | (slash ? folders[w] : ones[w]));
                entered[w] = (moved << 1) | carry;
                carry = moved >> 63;

                // What stays in the middle of "**/" goes on only after a "/".
                stayed[w] = places[w] & (stayAlways[w] | (slash ? 0 : stayInName[w]));
                places[w] &= folders[w];
                left |= entered[w] | stayed[w] | places[w];
            }

            if (left == 0)
            {
                return;
            }

            for (int w = 0; w < Words; w++)
            {
                stayed[w] |= entered[w];
            }

            Skip(stayed, entered);
            for (int w = 0; w < Words; w++)
            {
                places[w] |= stayed[w];
            }
        }
    }

    /// <summary>The same for patterns of up to 63 places, which is nearly all.</summary>
    private ulong Step(ulong places, ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty && places != 0)
        {
            ulong match;
            bool slash = text[0] == '/';
            if (text[0] < 0x80)
            {
                match = ascii[text[0]];
                text = text[1..];
            }
            else
            {
                _ = Rune.DecodeFromUtf8(text, out Rune letter, out int used);
                match = letters.GetValueOrDefault(letter, none)[0];
                text = text[used..];
            }

            ulong entered = (places & (match | (slash ? folders[0] : ones[0]))) << 1;
            ulong stayed = places & (stayAlways[0] | (slash ? 0 : stayInName[0]));
            ulong next = (places & folders[0]) | stayed | entered;
            ulong from = ((stayed | entered) & skip[0]) | (entered & folders[0]);
            while (from != 0)
            {
                ulong fresh = (from << 1) & ~next;
                next |= fresh;
                from = fresh & (skip[0] | folders[0]);
            }

            places = next;
        }

        return places;
    }

    /// <summary>Whether the text so far fits the whole pattern.</summary>
    public bool Fits(ReadOnlySpan<ulong> places) => (places[tokens.Count / 64] & (1UL << tokens.Count)) != 0;

    /// <summary>Whether nothing that goes on from here can fit.</summary>
    public static bool IsDead(ReadOnlySpan<ulong> places) => places.IndexOfAnyExcept(0UL) < 0;

    /// <summary>Adds the places that can be had without a character: behind "*", and behind "**/" where it was just come to.</summary>
    private void Skip(Span<ulong> places, ReadOnlySpan<ulong> entered)
    {
        Span<ulong> fresh = stackalloc ulong[Words];
        entered.CopyTo(fresh);
        for (int round = 0; round <= tokens.Count; round++)
        {
            ulong carry = 0, added = 0;
            for (int w = 0; w < Words; w++)
            {
                ulong from = (places[w] & skip[w]) | (fresh[w] & folders[w]);
                ulong to = (from << 1) | carry;
                carry = from >> 63;
                fresh[w] = to & ~places[w];
                added |= fresh[w];
                places[w] |= to;
            }

            if (added == 0)
            {
                return;
            }
        }
    }

    private void Parse(string pattern)
    {
        Rune[] runes = [.. pattern.EnumerateRunes()];
        for (int i = 0; i < runes.Length; i++)
        {
            if (runes[i].Value == '?')
            {
                tokens.Add((Token.One, default));
            }
            else if (runes[i].Value != '*')
            {
                tokens.Add((Token.Letter, runes[i]));
            }
            else if (i + 1 == runes.Length || runes[i + 1].Value != '*')
            {
                Add(Token.Many);
            }
            else
            {
                while (i + 1 < runes.Length && runes[i + 1].Value == '*')
                {
                    i++;
                }

                bool whole = (tokens.Count == 0 || tokens[^1] is (Token.Letter, { Value: '/' }) or (Token.Folders, _)) && i + 1 < runes.Length && runes[i + 1].Value == '/';
                Add(whole ? Token.Folders : Token.Any);
                i += whole ? 1 : 0;
            }
        }

        void Add(Token kind)
        {
            if (tokens.Count == 0 || tokens[^1].Kind != kind)
            {
                tokens.Add((kind, default));
            }
        }
    }

    /// <summary>The longest run of letters behind the last place where a "/" can be.</summary>
    private byte[] NameLiteral()
    {
        StringBuilder run = new();
        string longest = "";
        for (int i = tokens.Count - 1; i >= 0 && tokens[i].Kind is not (Token.Any or Token.Folders) && tokens[i] is not (Token.Letter, { Value: '/' }); i--)
        {
            if (tokens[i].Kind != Token.Letter)
            {
                run.Clear();
                continue;
            }

            run.Insert(0, tokens[i].Letter.ToString());
            longest = run.Length > longest.Length ? run.ToString() : longest;
        }

        return Encoding.UTF8.GetBytes(longest);
    }
}
