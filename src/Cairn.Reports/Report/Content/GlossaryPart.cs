namespace Cairn.Reports.Report.Content;

/// <summary>The words of the report, for readers from outside the field.</summary>
internal static class GlossaryPart
{
    private static readonly (string Word, string Meaning)[] Terms =
    [
        ("Address", "The number by which a file system finds an entry. Other tools show the same number."),
        ("Allocated, live", "Held by the file system when the image was made: what a user of the device could see, hidden files included."),
        ("Audit log", "A list in the case of everything that was done, each entry tied to all before it, so that a later change shows."),
        ("Category", "What the maker of a known set says an entry is. It is no grade given in this case."),
        ("Checkpoint", "The state of the audit log at the end of a run, signed with a key. A copy kept elsewhere shows whether the case was changed or cut later."),
        ("Cluster", "The smallest piece of a medium that a file system gives to a file."),
        ("Coverage", "What was examined and what was not."),
        ("Deleted", "Given up by the file system. The entry, and sometimes the content, can still be there."),
        ("Deleted: recoverable in part", "Some of the clusters that the file had are in use by another file, claimed by another deleted file, or missing. What is read from them may be incomplete or another file's."),
        ("Entry, Id", "A file or folder as the case lists it, and its number there."),
        ("Exhibit", "A seized item with its reference, here as the image, folder or archive that was examined."),
        ("File within a file", "A file that lies in an archive, a document, a message or another file."),
        ("Grade", "What a person says of a picture after looking at it."),
        ("Hash", "A number computed over every byte of a file or an image (MD5, SHA-1, SHA-256). Equal hashes: equal bytes. MD5 and SHA-1 can be deceived by someone who sets out to; SHA-256 cannot by any means known."),
        ("Hit", "A match between a file and an entry of a known set, with how it was found."),
        ("Image", "A copy of a whole medium, bit for bit, in one or several files."),
        ("Known set", "A list of hashes with a meaning: known, notable or ignorable."),
        ("Metadata", "What a file system or a file says of a file beside its content: names, times, sizes."),
        ("PDQ", "A number of 256 bits computed from how a picture looks. Pictures that look alike have numbers that differ in few bits."),
        ("Problem", "Anything that could not be read or did not agree, recorded with its place and reason."),
        ("Stream", "A file's content. Some file systems let a file have several; the others have a name after a colon."),
        ("Unallocated", "Space that belonged to no file when the image was made."),
        ("UTC", "Universal time. British time is the same in winter and one hour ahead in summer."),
    ];

    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        _ = facts;
        yield return new FactsBlock("Glossary", [.. Terms.Select(t => new ReportFact(t.Word, t.Meaning))]);
    }
}
