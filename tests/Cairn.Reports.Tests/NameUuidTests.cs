namespace Cairn.Reports.Tests;

public sealed class NameUuidTests
{
    /// <summary>RFC 9562, appendix A.4: www.example.com in the namespace of DNS names; the others by Python's uuid.uuid5.</summary>
    [Theory]
    [InlineData("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2")]
    [InlineData("00000000-0000-0000-0000-000000000000", "", "e129f27c-5103-5c5c-844b-cdf0a15e160d")]
    [InlineData("89bb2c21-520e-48d7-b938-3534aab05fa6", "row/1", "c1b6c1b4-6e71-51b1-bf1a-3393c0fc9160")]
    [InlineData("89bb2c21-520e-48d7-b938-3534aab05fa6", "person/Zoë", "497b3f05-5bcf-5ebc-9587-77c4340b2afb")]
    public void Names_have_the_identifiers_of_the_specification(string space, string name, string expected) =>
        Assert.Equal(expected, NameUuid.Of(Guid.Parse(space), name).ToString());
}
