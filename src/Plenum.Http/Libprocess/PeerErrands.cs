using System.Net.Sockets;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Plenum.Http.Libprocess;

/// <summary>Single messages to actors there is no link to. None is repeated when it cannot be delivered.</summary>
public sealed partial class PeerErrands : IAsyncDisposable
{
    /// <summary>Under way at once; each takes as long as a connection may take to come about.</summary>
    private const int MaxUnderWay = 64;

    /// <summary>
    /// As many as a restarted agent has executors to call back. What is beyond is dropped, and the peer's next
    /// message leads to another.
    /// </summary>
    private const int MaxWaiting = 8_192;

    private readonly Channel<(Upid To, IMessage Message)> _waiting =
        Channel.CreateBounded<(Upid, IMessage)>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.Wait });

    private readonly Upid _self;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task[] _runners;

    public PeerErrands(Upid self, TimeProvider clock, ILogger logger)
    {
        _self = self;
        _clock = clock;
        _logger = logger;
        _runners = [.. Enumerable.Range(0, MaxUnderWay).Select(_ => RunAsync())];
    }

    public void Tell(Upid to, IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_waiting.Writer.TryWrite((to, message)))
        {
            Log.TooMany(_logger, message.Descriptor.Name, to);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync();
        await Task.WhenAll(_runners);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        // Ends with the channel: what still waits when this process stops is tried with a token that has fired.
        await foreach (var (to, message) in _waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await using var link = await PeerLink.OpenAsync(_self, to, _clock, _stopping.Token);
                await link.SendAsync(message, _stopping.Token);
                await link.EndAsync();
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                Log.Undelivered(_logger, message.Descriptor.Name, to, exception.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Message} to {To} dropped: too many messages to unconnected actors wait")]
        public static partial void TooMany(ILogger logger, string message, Upid to);

        [LoggerMessage(2, LogLevel.Information, "{Message} to {To} was not delivered: {Reason}")]
        public static partial void Undelivered(ILogger logger, string message, Upid to, string reason);
    }
}
