using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Plenum.Http.Libprocess;

/// <summary>Single messages to actors there is no link to. None is repeated when it cannot be delivered.</summary>
public sealed partial class PeerErrands(Upid self, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>
    /// Under way at once; each takes as long as a connection may take to come about. What is beyond is dropped,
    /// and the peer's next message leads to another.
    /// </summary>
    private const int MaxErrands = 64;

    private readonly SemaphoreSlim _free = new(MaxErrands, MaxErrands);
    private readonly CancellationTokenSource _stopping = new();

    public void Tell(Upid to, IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_free.Wait(0, CancellationToken.None))
        {
            _ = RunAsync(to, message);
        }
        else
        {
            Log.TooMany(logger, message.Descriptor.Name, to);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        for (var i = 0; i < MaxErrands; i++)
        {
            await _free.WaitAsync();
        }

        _free.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(Upid to, IMessage message)
    {
        try
        {
            await using var link = await PeerLink.OpenAsync(self, to, clock, _stopping.Token);
            await link.SendAsync(message, _stopping.Token);
            await link.EndAsync();
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            Log.Undelivered(logger, message.Descriptor.Name, to, exception.Message);
        }
        finally
        {
            _free.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Message} to {To} dropped: too many messages to unconnected actors are under way")]
        public static partial void TooMany(ILogger logger, string message, Upid to);

        [LoggerMessage(2, LogLevel.Information, "{Message} to {To} was not delivered: {Reason}")]
        public static partial void Undelivered(ILogger logger, string message, Upid to, string reason);
    }
}
