namespace Cairn.CaseStore.Review;

/// <summary>The review does not take an act: a rule of grading is against it, or what it names is not there. Nothing was stored; the message is for the person.</summary>
public sealed class ReviewException : Exception
{
    /// <summary>One sentence for the person who acted.</summary>
    public ReviewException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
