using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Cairn.Reports.Tests.CaseUco;

/// <summary>
/// Holds a graph against an ontology: its shapes (SHACL core: class, datatype, nodeKind, minCount, maxCount, in, hasValue, not, xone, or; the
/// SPARQL constraints on identifiers and facets by hand), and further that every class and property of the ontology's namespaces is defined there.
/// </summary>
internal sealed class Shapes
{
    private const string Sh = "http://www.w3.org/ns/shacl#";
    private const string Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private const string Rdfs = "http://www.w3.org/2000/01/rdf-schema#";
    private const string Owl = "http://www.w3.org/2002/07/owl#";
    private const string Xsd = "http://www.w3.org/2001/XMLSchema#";
    private const string Core = "https://ontology.unifiedcyberontology.org/uco/core/";

    private readonly Graph ontology = new();
    private readonly Dictionary<string, HashSet<string>> above = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> ofClass = new(StringComparer.Ordinal);
    private readonly List<string> ofSubjects = [];
    private readonly List<string> ofObjects = [];

    public Shapes(string turtle)
    {
        Turtle.Read(turtle, ontology);
        foreach (string shape in ontology.Subjects)
        {
            foreach (Term target in ontology.Of(shape, Sh + "targetClass"))
            {
                if (!ofClass.TryGetValue(target.Value, out List<string>? shapes))
                {
                    ofClass.Add(target.Value, shapes = []);
                }

                shapes.Add(shape);
            }

            if (ontology.Of(shape, Sh + "targetSubjectsOf").Count > 0)
            {
                ofSubjects.Add(shape);
            }

            if (ontology.Of(shape, Sh + "targetObjectsOf").Count > 0)
            {
                ofObjects.Add(shape);
            }
        }
    }

    /// <summary>How many shapes have a class for target.</summary>
    public int Count => ofClass.Values.Sum(shapes => shapes.Count);

    /// <summary>Everything that does not hold; warnings and remarks of the shapes too.</summary>
    public List<string> Check(Graph data)
    {
        List<string> findings = [];
        foreach (string subject in data.Subjects)
        {
            HashSet<string> classes = [.. data.Of(subject, Rdf + "type").SelectMany(type => ClassesOf(type.Value))];
            foreach (string name in data.Of(subject, Rdf + "type").Select(type => type.Value).Concat(data.PropertiesOf(subject)))
            {
                if ((name.Contains("unifiedcyberontology.org/", StringComparison.Ordinal) || name.Contains("caseontology.org/", StringComparison.Ordinal)) && ontology.Of(name, Rdf + "type").Count == 0)
                {
                    findings.Add($"{subject}: the ontology does not define {name}");
                }
            }

            if (classes.Contains(Core + "UcoThing"))
            {
                if (subject.StartsWith("_:", StringComparison.Ordinal))
                {
                    findings.Add($"{subject}: UcoThings are required to not be blank nodes");
                }

                if (!Regex.IsMatch(subject, "[0-9a-f]{8}-[0-9a-f]{4}-[0-5][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$", RegexOptions.IgnoreCase))
                {
                    findings.Add($"{subject}: UcoThings are suggested to end with a UUID");
                }
            }

            foreach (string shape in classes.SelectMany(c => ofClass.GetValueOrDefault(c) ?? []).Distinct())
            {
                Node(data, shape, new Term(subject), findings);
            }

            foreach (string shape in ofSubjects.Where(shape => ontology.Of(shape, Sh + "targetSubjectsOf").Any(p => data.Of(subject, p.Value).Count > 0)))
            {
                Node(data, shape, new Term(subject), findings);
            }
        }

        foreach (IGrouping<Term, string> facet in data.Subjects.SelectMany(s => data.Of(s, Core + "hasFacet").Select(f => (Facet: f, Owner: s))).GroupBy(p => p.Facet, p => p.Owner))
        {
            if (facet.Any(one => facet.Any(other => one != other && !Same(one, other) && !Same(other, one))))
            {
                findings.Add($"{facet.Key.Value}: a facet of several objects");
            }
        }

        bool Same(string one, string other) => data.Of(one, Owl + "sameAs").Any(t => t.Value == other);

        foreach (string shape in ofObjects)
        {
            foreach (Term value in ontology.Of(shape, Sh + "targetObjectsOf").SelectMany(p => data.Subjects.SelectMany(s => data.Of(s, p.Value))).Distinct())
            {
                Node(data, shape, value, findings);
            }
        }

        return findings;
    }

    private HashSet<string> ClassesOf(string name)
    {
        if (!above.TryGetValue(name, out HashSet<string>? all))
        {
            above.Add(name, all = [name]);
            foreach (Term parent in ontology.Of(name, Rdfs + "subClassOf"))
            {
                all.UnionWith(ClassesOf(parent.Value));
            }
        }

        return all;
    }

    private void Node(Graph data, string shape, Term focus, List<string> findings)
    {
        if (ontology.Of(shape, Sh + "deactivated").Any(t => t.Value == "true"))
        {
            return;
        }

        if (ontology.Of(shape, Sh + "path") is [Term path])
        {
            Values(data, shape, focus, path, findings);
            return;
        }

        Value(data, shape, focus, focus, findings);
        foreach (Term property in ontology.Of(shape, Sh + "property"))
        {
            Node(data, property.Value, focus, findings);
        }
    }

    private void Values(Graph data, string shape, Term focus, Term path, List<string> findings)
    {
        Term[] values = !path.IsBlank ? [.. data.Of(focus.Value, path.Value)]
            : ontology.Of(path.Value, Sh + "inversePath") is [Term inverse] ? [.. data.Subjects.Where(s => data.Of(s, inverse.Value).Contains(focus)).Select(s => new Term(s))]
            : [];
        string where = $"{focus.Value} {path.Value}";
        if (Number(shape, "minCount") is int least && values.Length < least)
        {
            findings.Add($"{where}: {values.Length} values, at least {least}");
        }

        if (Number(shape, "maxCount") is int most && values.Length > most)
        {
            findings.Add($"{where}: {values.Length} values, at most {most}");
        }

        if (ontology.Of(shape, Sh + "hasValue") is [Term wanted] && !values.Contains(wanted))
        {
            findings.Add($"{where}: not {wanted.Value}");
        }

        foreach (Term value in values)
        {
            Value(data, shape, focus, value, findings);
        }
    }

    private void Value(Graph data, string shape, Term focus, Term value, List<string> findings)
    {
        string where = $"{focus.Value} ({shape}) {value.Value}";
        foreach (Term type in ontology.Of(shape, Sh + "class"))
        {
            if (value.IsLiteral || !data.Of(value.Value, Rdf + "type").Any(t => ClassesOf(t.Value).Contains(type.Value)))
            {
                findings.Add($"{where}: is no {type.Value}");
            }
        }

        if (ontology.Of(shape, Sh + "datatype") is [Term datatype] && (value.Type != datatype.Value || !IsWellFormed(value)))
        {
            findings.Add($"{where}: its datatype is {value.Type}, not {datatype.Value}");
        }

        if (ontology.Of(shape, Sh + "nodeKind") is [Term kind] && !IsKind(value, kind.Value[Sh.Length..]))
        {
            findings.Add($"{where}: is no {kind.Value}");
        }

        if (ontology.Of(shape, Sh + "in") is [Term list] && !ontology.List(list).Contains(value))
        {
            findings.Add($"{where}: not one of the vocabulary");
        }

        foreach (Term not in ontology.Of(shape, Sh + "not"))
        {
            if (Holds(data, not.Value, value))
            {
                findings.Add($"{where}: what must not hold does");
            }
        }

        foreach ((string word, Func<int, bool> enough) in new (string, Func<int, bool>)[] { ("or", n => n > 0), ("xone", n => n == 1) })
        {
            foreach (Term choices in ontology.Of(shape, Sh + word))
            {
                if (!enough(ontology.List(choices).Count(choice => Holds(data, choice.Value, value))))
                {
                    findings.Add($"{where}: {word}");
                }
            }
        }
    }

    private bool Holds(Graph data, string shape, Term value)
    {
        List<string> findings = [];
        Node(data, shape, value, findings);
        return findings.Count == 0;
    }

    private int? Number(string shape, string name) => ontology.Of(shape, Sh + name) is [Term value] ? int.Parse(value.Value, CultureInfo.InvariantCulture) : null;

    private static bool IsKind(Term value, string kind) => kind switch
    {
        "IRI" => !value.IsLiteral && !value.IsBlank,
        "Literal" => value.IsLiteral,
        "BlankNodeOrIRI" => !value.IsLiteral,
        _ => throw new FormatException(kind),
    };

    private static bool IsWellFormed(Term value)
    {
        try
        {
            switch (value.Type![Xsd.Length..])
            {
                case "dateTime":
                    Assert.Matches(@"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$", value.Value);
                    return true;
                case "hexBinary":
                    return value.Value.Length % 2 == 0 && value.Value.All(char.IsAsciiHexDigit);
                case "boolean":
                    _ = XmlConvert.ToBoolean(value.Value);
                    return true;
                case "integer":
                    _ = XmlConvert.ToInt64(value.Value);
                    return true;
                case "nonNegativeInteger":
                    return XmlConvert.ToInt64(value.Value) >= 0;
                case "positiveInteger":
                    return XmlConvert.ToInt64(value.Value) > 0;
                case "decimal":
                    _ = XmlConvert.ToDecimal(value.Value);
                    return true;
                default:
                    return true;
            }
        }
        catch (Exception error) when (error is FormatException or OverflowException or Xunit.Sdk.MatchesException)
        {
            return false;
        }
    }
}
