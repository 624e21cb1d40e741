using System.Security.Cryptography;
using System.Text;

namespace Cairn.Web.Access;

/// <summary>
/// A secret in a link that is printed where the program was started: only who sees that terminal can follow it, and only once.
/// </summary>
public sealed class LocalLink
{
    private readonly Lock gate = new();
    private byte[]? secret;

    /// <summary>A new secret in place of the one before.</summary>
    public string Make()
    {
        string word = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        lock (gate)
        {
            secret = Encoding.ASCII.GetBytes(word);
        }

        return word;
    }

    /// <summary>Whether this is the secret; it stays good.</summary>
    public bool Is(string? word)
    {
        lock (gate)
        {
            return secret is not null && word is not null && CryptographicOperations.FixedTimeEquals(secret, Encoding.UTF8.GetBytes(word));
        }
    }

    /// <summary>Whether this is the secret; it is good no more then.</summary>
    public bool Take(string? word)
    {
        lock (gate)
        {
            if (!Is(word))
            {
                return false;
            }

            secret = null;
            return true;
        }
    }
}
