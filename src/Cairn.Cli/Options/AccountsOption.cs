using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--accounts: accounts are asked for on this machine too.</summary>
internal sealed class AccountsOption : Option<bool>
{
    public AccountsOption()
        : base("--accounts")
    {
        Description = "Ask everybody to sign in, on this machine too.";
    }
}
