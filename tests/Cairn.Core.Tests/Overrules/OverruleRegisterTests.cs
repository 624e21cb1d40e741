using Cairn.Core.Overrules;
using Cairn.TestKit;

namespace Cairn.Core.Tests.Overrules;

public sealed class OverruleRegisterTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public void Overrules_are_there_again_and_are_counted_by_entry_and_case()
    {
        RegisteredOverrule[] overrules = [Overrule("case-1", "a"), Overrule("case-1", "a"), Overrule("case-1", "b"), Overrule("case-2", "a"), Overrule("case-2", "a") with { KnownEntry = "other" }];
        Assert.Equal(5, OverruleRegister.Merge(folder.Path, overrules, []));
        OverruleRegister register = OverruleRegister.Load(folder.Path);
        Assert.Equal(overrules, register.Standing);
        Assert.Equal(3, register.Count("hashes", "e-1", null));
        Assert.Equal(1, register.Count("hashes", "e-1", "case-1"));
        Assert.Equal(0, register.Count("hashes", "unheard", null));
        Assert.Equal(0, register.UnreadableLines);
    }

    [Fact]
    public void What_is_there_is_not_written_again_and_what_is_taken_back_no_longer_counts()
    {
        RegisteredOverrule overrule = Overrule("case-1", "a") with { SetVersion = null, Reason = "line\nbreak, \"quotes\" and ü" };
        Assert.Equal(1, OverruleRegister.Merge(folder.Path, [overrule, overrule], []));
        Assert.Equal(0, OverruleRegister.Merge(folder.Path, [overrule], [Guid.NewGuid()]));
        Assert.Equal([overrule], OverruleRegister.Load(folder.Path).Standing);
        Assert.Equal(1, OverruleRegister.Merge(folder.Path, [overrule], [overrule.Act]));
        Assert.Equal(0, OverruleRegister.Merge(folder.Path, [overrule], [overrule.Act]));
        Assert.Empty(OverruleRegister.Load(folder.Path).Standing);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(folder.Path, "overrules.jsonl")).Length);
    }

    [Fact]
    public void Lines_that_are_no_overrule_are_counted_and_the_others_are_read()
    {
        string path = Path.Combine(folder.Path, "overrules.jsonl");
        RegisteredOverrule first = Overrule("case-1", "a"), second = Overrule("case-1", "b");
        OverruleRegister.Merge(folder.Path, [first], []);
        File.AppendAllText(path, $"no json\n{{}}\n[1]\n{{\"act\":\"{Guid.NewGuid()}\"}}\n{{\"act\":5}}\n\n{{\"x\":\"{new string('x', 200_000)}\"}}\n{{\"act\":\"{Guid.NewGuid()}\",\"case\":\"cut sh");
        Assert.Equal(1, OverruleRegister.Merge(folder.Path, [second], []));
        OverruleRegister register = OverruleRegister.Load(folder.Path);
        Assert.Equal([first, second], register.Standing);
        Assert.Equal(7, register.UnreadableLines);
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                OverruleRegister.Merge(folder.Path, [Overrule($"case-{writer}", $"{i}")], []);
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(40, OverruleRegister.Load(folder.Path).Count("hashes", "e-1", null));
        Assert.Equal(0, OverruleRegister.Load(folder.Path).UnreadableLines);
    }

    [Fact]
    public void A_folder_without_a_register_has_an_empty_one()
    {
        Assert.Empty(OverruleRegister.Load(Path.Combine(folder.Path, "none")).Standing);
        Assert.Equal(0, OverruleRegister.Merge(Path.Combine(folder.Path, "none"), [], []));
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "none")));
    }

    public void Dispose() => folder.Dispose();

    private static RegisteredOverrule Overrule(string caseId, string content) => new()
    {
        Act = Guid.NewGuid(),
        CaseId = caseId,
        Set = "hashes",
        SetVersion = "2026.1",
        KnownEntry = "e-1",
        Content = content,
        Reason = "another person",
        Who = "Anna Ash",
        Utc = "2026-03-04T05:06:07.0000000Z",
    };
}
