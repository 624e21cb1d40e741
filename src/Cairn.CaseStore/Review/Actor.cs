namespace Cairn.CaseStore.Review;

/// <summary>Who acts.</summary>
public sealed record Actor
{
    /// <summary>In front of entries that no account made: the database was made, a checkpoint was signed.</summary>
    internal const string SystemPrefix = "os:";

    private const int MostCharacters = 200;

    /// <summary>A person.</summary>
    /// <param name="id">Account id: stays the same for good.</param>
    /// <param name="name">Name as it is shown today; the log keeps the name of the day.</param>
    public Actor(string id, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (id.Length > MostCharacters || name.Length > MostCharacters || id.StartsWith(SystemPrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"an account id or name has at most {MostCharacters} characters, and the id does not begin with '{SystemPrefix}'", nameof(id));
        }

        (Id, Name) = (id, name);
    }

    /// <summary>Account id.</summary>
    public string Id { get; }

    /// <summary>Name as it is shown.</summary>
    public string Name { get; }
}
