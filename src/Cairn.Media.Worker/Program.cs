using System.Text;
using Cairn.Media.Worker;

// Only the pool starts this program; a person who does is not sent bytes.
if (!Console.IsInputRedirected)
{
    return 2;
}

using Stream input = Console.OpenStandardInput();
using Stream output = Console.OpenStandardOutput();
try
{
    return await new PictureWorker(input, output, args.Contains("--test-hooks")).RunAsync();
}
catch (Exception error) when ((error as TypeInitializationException)?.InnerException is DllNotFoundException or BadImageFormatException || error is DllNotFoundException or BadImageFormatException)
{
    // Alpine's C library, another processor, a folder that was copied in part.
    string reason = $"a native decoder cannot be loaded on this system: {(error.InnerException ?? error).Message.Split('\n')[0]}";
    using Stream complaint = Console.OpenStandardError();
    await complaint.WriteAsync(Encoding.UTF8.GetBytes(reason));
    return 3;
}
