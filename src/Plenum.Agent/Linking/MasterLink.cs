using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Loop;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;

namespace Plenum.Agent.Linking;

/// <summary>
/// The agent's side of the agent link, as link.proto describes it: one long request that registers and
/// whose answer streams the master's messages, and short ones that carry the agent's, one at a time.
/// </summary>
internal sealed partial class MasterLink : IAsyncDisposable
{
    private const string LinkIdHeader = "Plenum-Link-Id";

    /// <summary>Records in one request; with them the master's answer is one round trip for many updates.</summary>
    private const int MaximumBatch = 512;

    /// <summary>A request is closed when it has grown to this, well below the master's limit for bodies.</summary>
    private const int MaximumBatchBytes = 1024 * 1024;

    private static readonly MediaTypeHeaderValue Protobuf = new("application/x-protobuf");

    private readonly AgentLoop _loop;
    private readonly Uri _master;
    private readonly int _maximumQueued;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];
    private Connection? _current;

    public MasterLink(AgentLoop loop, Uri master, int maximumQueued, ILogger logger)
    {
        _loop = loop;
        _master = master;
        _maximumQueued = maximumQueued;
        _logger = logger;
        // Never through a proxy that the environment happens to name: the master is a neighbour.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public void Open(long link, AgentMessage.Types.Register registration)
    {
        var connection = new Connection(link, _maximumQueued);
        lock (_gate)
        {
            _current?.Stop();
            _current = connection;
            _running.RemoveWhere(static task => task.IsCompleted);
            _running.Add(Task.Run(() => RunAsync(connection, registration)));
        }
    }

    public void Close(long link)
    {
        lock (_gate)
        {
            if (_current?.Link == link)
            {
                _current.Stop();
                _current = null;
            }
        }
    }

    public void Send(long link, AgentMessage message)
    {
        Connection? connection;
        lock (_gate)
        {
            connection = _current;
        }

        if (connection?.Link == link && !connection.Outbound.Writer.TryWrite(message))
        {
            // A master that takes nothing for so long has lost us; everything that matters is repeated on
            // the next link.
            Log.Overflow(_logger, _maximumQueued);
            connection.Stop();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _current?.Stop();
            running = [.. _running];
        }

        await Task.WhenAll(running);
        _http.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of the link's loop: whatever ended it, the book is told and tries again.")]
    private async Task RunAsync(Connection connection, AgentMessage.Types.Register registration)
    {
        using (connection)
        {
            try
            {
                await TalkAsync(connection, registration);
                Log.Ended(_logger, connection.Link);
            }
            catch (OperationCanceledException) when (connection.Stopping.IsCancellationRequested)
            {
                Log.Dropped(_logger, connection.Link);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidProtocolBufferException)
            {
                Log.Broken(_logger, connection.Link, exception.Message);
            }
            catch (Exception exception)
            {
                Log.Failed(_logger, exception, connection.Link);
            }

            lock (_gate)
            {
                if (_current == connection)
                {
                    _current = null;
                }
            }
        }

        await _loop.PostAsync(new AgentCommand.LinkClosed(connection.Link));
    }

    private async Task TalkAsync(Connection connection, AgentMessage.Types.Register registration)
    {
        var stopping = connection.Stopping;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_master, "api/plenum/v1/agent/link"))
        {
            Content = Body(new AgentMessage { Register = registration }.ToByteArray()),
        };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping);
        await CheckAsync(response, stopping);
        var id = response.Headers.TryGetValues(LinkIdHeader, out var values) ? values.First() : "";
        // The master to which a standby redirected us takes the messages too.
        var messages = new Uri(response.RequestMessage!.RequestUri!, "messages");
        var sending = SendAllAsync(connection, messages, id);
        try
        {
            var reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(stopping));
            var records = new RecordReader(reader);
            while (await records.ReadMessageAsync(MasterMessage.Parser, cancellationToken: stopping) is { } message)
            {
                await _loop.PostAsync(new AgentCommand.MasterMessageReceived(connection.Link, message));
            }
        }
        finally
        {
            connection.Stop();
            await sending;
        }
    }

    private async Task SendAllAsync(Connection connection, Uri address, string id)
    {
        try
        {
            var outbound = connection.Outbound.Reader;
            while (await outbound.WaitToReadAsync(connection.Stopping))
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = Body(TakeBatch(outbound)) };
                request.Headers.TryAddWithoutValidation(LinkIdHeader, id);
                using var response = await _http.SendAsync(request, connection.Stopping);
                await CheckAsync(response, connection.Stopping);
            }
        }
        catch (OperationCanceledException) when (connection.Stopping.IsCancellationRequested)
        {
            Log.Dropped(_logger, connection.Link);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            Log.Broken(_logger, connection.Link, exception.Message);
            connection.Stop();
        }
    }

    private static byte[] TakeBatch(ChannelReader<AgentMessage> outbound)
    {
        using var body = new MemoryStream();
        for (var taken = 0; taken < MaximumBatch && body.Length < MaximumBatchBytes && outbound.TryRead(out var message); taken++)
        {
            body.Write(RecordFraming.Frame(message.ToByteArray()));
        }

        return body.ToArray();
    }

    private static ByteArrayContent Body(byte[] bytes) => new(bytes) { Headers = { ContentType = Protobuf } };

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new HttpRequestException($"the master answered {(int)response.StatusCode}: {text}", inner: null, response.StatusCode);
        }
    }

    private sealed class Connection : IDisposable
    {
        private readonly CancellationTokenSource _stop;

        public Connection(long link, int capacity)
        {
            Link = link;
            _stop = new CancellationTokenSource();
            Stopping = _stop.Token;
            Outbound = Channel.CreateBounded<AgentMessage>(new BoundedChannelOptions(capacity) { SingleReader = true });
        }

        public long Link { get; }

        public CancellationToken Stopping { get; }

        public Channel<AgentMessage> Outbound { get; }

        public void Stop()
        {
            try
            {
                _stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself a moment ago.
                return;
            }

            Outbound.Writer.TryComplete();
        }

        public void Dispose()
        {
            Outbound.Writer.TryComplete();
            _stop.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Link {Link}: the master ended it")]
        public static partial void Ended(ILogger logger, long link);

        [LoggerMessage(2, LogLevel.Debug, "Link {Link}: dropped")]
        public static partial void Dropped(ILogger logger, long link);

        [LoggerMessage(3, LogLevel.Warning, "Link {Link}: broken ({Reason})")]
        public static partial void Broken(ILogger logger, long link, string reason);

        [LoggerMessage(4, LogLevel.Error, "Link {Link}: failed")]
        public static partial void Failed(ILogger logger, Exception exception, long link);

        [LoggerMessage(5, LogLevel.Warning, "The master took none of {Count} messages: making a new link")]
        public static partial void Overflow(ILogger logger, int count);
    }
}
