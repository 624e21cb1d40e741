using System.Text;

namespace Cairn.Reports.Tests.CaseUco;

/// <summary>A term of RDF. <paramref name="Type"/> is the datatype of a literal, null for a name; blank nodes begin with "_:".</summary>
internal sealed record Term(string Value, string? Type = null)
{
    public const string XsdString = "http://www.w3.org/2001/XMLSchema#string";

    public bool IsLiteral => Type is not null;

    public bool IsBlank => Type is null && Value.StartsWith("_:", StringComparison.Ordinal);
}

/// <summary>Statements by subject and property.</summary>
internal sealed class Graph
{
    private readonly Dictionary<string, Dictionary<string, List<Term>>> subjects = new(StringComparer.Ordinal);

    public IEnumerable<string> Subjects => subjects.Keys;

    public void Add(string subject, string property, Term value)
    {
        if (!subjects.TryGetValue(subject, out Dictionary<string, List<Term>>? properties))
        {
            subjects.Add(subject, properties = new Dictionary<string, List<Term>>(StringComparer.Ordinal));
        }

        if (!properties.TryGetValue(property, out List<Term>? values))
        {
            properties.Add(property, values = []);
        }

        if (!values.Contains(value))
        {
            values.Add(value);
        }
    }

    public IReadOnlyList<Term> Of(string subject, string property) => subjects.TryGetValue(subject, out Dictionary<string, List<Term>>? properties) && properties.TryGetValue(property, out List<Term>? values) ? values : [];

    public IEnumerable<string> PropertiesOf(string subject) => subjects.TryGetValue(subject, out Dictionary<string, List<Term>>? properties) ? properties.Keys : [];

    /// <summary>The members of a list of RDF.</summary>
    public IEnumerable<Term> List(Term head)
    {
        const string rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
        for (Term at = head; at.Value != rdf + "nil"; at = Of(at.Value, rdf + "rest")[0])
        {
            yield return Of(at.Value, rdf + "first")[0];
        }
    }
}

/// <summary>As much of Turtle as the ontology's files are written in.</summary>
internal sealed class Turtle(string text, Graph graph)
{
    private const string Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private readonly Dictionary<string, string> prefixes = new(StringComparer.Ordinal);
    private int at;
    private int blanks;

    public static void Read(string text, Graph graph) => new Turtle(text, graph).Run();

    private void Run()
    {
        for (Skip(); at < text.Length; Skip())
        {
            if (text[at] == '@')
            {
                string word = Word();
                Skip();
                string prefix = word == "@prefix" ? Word()[..^1] : "";
                Skip();
                string iri = Iri();
                if (word == "@prefix")
                {
                    prefixes[prefix] = iri;
                }

                Expect('.');
                continue;
            }

            string subject = Node().Value;
            Properties(subject);
            Expect('.');
        }
    }

    private void Properties(string subject)
    {
        while (true)
        {
            Skip();
            if (text[at] is '.' or ']')
            {
                return;
            }

            if (text[at] == ';')
            {
                at++;
                continue;
            }

            string property = Node().Value;
            do
            {
                graph.Add(subject, property, Node());
                Skip();
            }
            while (text[at] == ',' && ++at > 0);
        }
    }

    private Term Node()
    {
        Skip();
        char c = text[at];
        if (c == '<')
        {
            return new Term(Iri());
        }

        if (c == '[')
        {
            at++;
            string blank = $"_:b{blanks++}";
            Properties(blank);
            Expect(']');
            return new Term(blank);
        }

        if (c == '(')
        {
            at++;
            return List();
        }

        if (c is '"' or '\'')
        {
            return Literal();
        }

        string word = Word();
        return word switch
        {
            "a" => new Term(Rdf + "type"),
            "true" or "false" => new Term(word, "http://www.w3.org/2001/XMLSchema#boolean"),
            _ when char.IsDigit(word[0]) => new Term(word, "http://www.w3.org/2001/XMLSchema#integer"),
            _ => new Term(Full(word)),
        };
    }

    private Term List()
    {
        List<Term> members = [];
        for (Skip(); text[at] != ')'; Skip())
        {
            members.Add(Node());
        }

        at++;
        Term rest = new(Rdf + "nil");
        foreach (Term member in Enumerable.Reverse(members))
        {
            string blank = $"_:b{blanks++}";
            graph.Add(blank, Rdf + "first", member);
            graph.Add(blank, Rdf + "rest", rest);
            rest = new Term(blank);
        }

        return rest;
    }

    private Term Literal()
    {
        string quote = string.CompareOrdinal(text, at, new string(text[at], 3), 0, 3) == 0 ? new string(text[at], 3) : text[at].ToString();
        at += quote.Length;
        StringBuilder value = new();
        while (string.CompareOrdinal(text, at, quote, 0, quote.Length) != 0)
        {
            if (text[at] == '\\')
            {
                at++;
                value.Append(text[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', char other => other });
            }
            else
            {
                value.Append(text[at]);
            }

            at++;
        }

        at += quote.Length;
        if (at < text.Length && text[at] == '@')
        {
            Word();
            return new Term(value.ToString(), Rdf + "langString");
        }

        if (string.CompareOrdinal(text, at, "^^", 0, 2) == 0)
        {
            at += 2;
            return new Term(value.ToString(), Node().Value);
        }

        return new Term(value.ToString(), Term.XsdString);
    }

    private string Iri()
    {
        int end = text.IndexOf('>', at);
        string iri = text[(at + 1)..end];
        at = end + 1;
        return iri;
    }

    private string Full(string word)
    {
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        return prefixes[word[..colon]] + word[(colon + 1)..];
    }

    private string Word()
    {
        int start = at;
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not (';' or ',' or ')' or ']' or '('))
        {
            at++;
        }

        return text[start..at];
    }

    private void Expect(char c)
    {
        Skip();
        if (text[at] != c)
        {
            throw new FormatException($"'{c}' is not at {at}: {text.AsSpan(at, Math.Min(40, text.Length - at))}");
        }

        at++;
    }

    private void Skip()
    {
        while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] == '#'))
        {
            if (text[at] == '#')
            {
                int end = text.IndexOf('\n', at);
                at = end < 0 ? text.Length : end;
            }
            else
            {
                at++;
            }
        }
    }
}
