using System.Threading.Channels;

namespace Cairn.Core;

/// <summary>
/// Waiting for threads of our own that have nothing else to do: one that walks, reads or writes in step with another. Everything else awaits.
/// </summary>
public static class Blocking
{
    /// <summary>Waits until <paramref name="task"/> has ended, however it ended; throws nothing of it.</summary>
    public static void Wait(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
    }

    /// <summary>Hands <paramref name="item"/> over; waits while the channel is full.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public static void Put<T>(ChannelWriter<T> writer, T item, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (!writer.TryWrite(item))
        {
            writer.WriteAsync(item, cancel).AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The next item; waits while there is none. What the other side ended with comes out as it was thrown, not as a closed channel.</summary>
    /// <exception cref="InvalidOperationException">The other side ended and left no item.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public static T Take<T>(ChannelReader<T> reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.TryRead(out T? item) ? item : Later().GetAwaiter().GetResult();

        async Task<T> Later() => await reader.WaitToReadAsync(cancel).ConfigureAwait(false) && reader.TryRead(out T? next)
            ? next
            : throw new InvalidOperationException("the other side ended without a last item");
    }
}
