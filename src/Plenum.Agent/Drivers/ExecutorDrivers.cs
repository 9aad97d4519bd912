using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Http;
using Plenum.Agent.Loop;
using Plenum.Http.Access;
using Plenum.Http.Libprocess;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Call = Plenum.Protocol.V1.Executor.Call;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Drivers;

/// <summary>
/// Executors linked with the old driver (libmesos): their messages are the calls of the executor API, in front of
/// the same book. Nobody waits for an answer, so what is refused is logged.
/// </summary>
internal sealed partial class ExecutorDrivers : IAsyncDisposable
{
    /// <summary>Executors of one machine, with room for those that register twice; its ports end before that.</summary>
    private const int MaxSessions = 8_192;

    private readonly Upid _self;
    private readonly AgentLoop _loop;
    private readonly EventStreams<Event> _streams;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PeerErrands _errands;
    private readonly PeerReceiver _receiver;
    private readonly ConcurrentDictionary<ExecutorSession, Task> _sessions = new();
    private readonly ConcurrentDictionary<long, Task> _replies = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _ending;

    public ExecutorDrivers(AgentEndpoint endpoint, AgentLoop loop, EventStreams<Event> streams, TimeProvider clock, ILogger logger)
    {
        _self = new Upid("slave(1)", new System.Net.IPEndPoint(endpoint.Address, endpoint.Port));
        _loop = loop;
        _streams = streams;
        _clock = clock;
        _logger = logger;
        _errands = new PeerErrands(_self, clock, logger);
        _receiver = new PeerReceiver(logger);
        _ending = _stopping.Token;
    }

    public AgentRoute[] Routes() =>
    [
        On(RegisterExecutorMessage.Parser, (from, message) => Start(from, ExecutorCalls.Of(message), again: false)),
        On(ReregisterExecutorMessage.Parser, (from, message) => Start(from, ExecutorCalls.Of(message), again: true)),
        On(StatusUpdateMessage.Parser, (from, message) => CallAsync(from, message.Update.SlaveId, ExecutorCalls.Of(message.Update))),
        On(ExecutorToFrameworkMessage.Parser, (from, message) => CallAsync(from, message.SlaveId, ExecutorCalls.Of(message))),
    ];

    /// <summary>
    /// After a restart of the agent: the executor waits to be told where the agent is now, and registers again.
    /// </summary>
    public void Reconnect(string pid, AgentID agent)
    {
        if (Upid.TryParse(pid, out var peer))
        {
            _errands.Tell(peer, new ReconnectExecutorMessage { SlaveId = agent });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_sessions.Values);
        await Task.WhenAll(_replies.Values);
        await _errands.DisposeAsync();
        _stopping.Dispose();
    }

    private AgentRoute On<T>(MessageParser<T> parser, Func<Upid, T, Task> take)
        where T : class, IMessage<T>, new() => new(
            PeerReceiver.PathOf<T>(),
            HttpMethods.Post,
            Rules.RunAsExecutor,
            Recovered: true,
            context => _receiver.ReceiveAsync(context, parser, static _ => false, take));

    private Task Start(Upid from, Call subscribe, bool again)
    {
        if (_stopping.IsCancellationRequested || _sessions.Count >= MaxSessions)
        {
            Log.TooMany(_logger, from, _sessions.Count);
            return Task.CompletedTask;
        }

        var session = new ExecutorSession(from, _self, _loop, _streams, _clock, _logger);
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[session] = RunAsync(session, from, subscribe, again, begin.Task);
        begin.SetResult();
        return Task.CompletedTask;
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one session: the executor may register again, the log gets the rest.")]
    private async Task RunAsync(ExecutorSession session, Upid from, Call subscribe, bool again, Task begin)
    {
        await begin;
        try
        {
            if (await session.RunAsync(subscribe, again, _stopping.Token) is { } agent)
            {
                _errands.Tell(from, new ReconnectExecutorMessage { SlaveId = agent });
            }
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception, from);
        }
        finally
        {
            _sessions.TryRemove(session, out _);
        }
    }

    /// <summary>
    /// Ends when the book will see the call, so that a connection's messages keep their order. The reply may take as
    /// long as a checkpoint, and the next message does not wait for it.
    /// </summary>
    private async Task CallAsync(Upid from, AgentID? agent, Call call)
    {
        var (number, answer) = _streams.Call();
        await _loop.PostAsync(new AgentCommand.ExecutorCalling(number, call));
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _replies[number] = HearAsync(from, agent, call.Type, number, answer, begin.Task);
        begin.SetResult();
    }

    private async Task HearAsync(Upid from, AgentID? agent, Call.Types.Type call, long number, Task<CallReply> answer, Task begin)
    {
        await begin;
        try
        {
            var reply = await answer.WaitAsync(_ending);
            if (reply.StatusCode == StatusCodes.Status202Accepted)
            {
                return;
            }

            Log.Dropped(_logger, call, from, reply.Message);
            if (reply.StatusCode == StatusCodes.Status403Forbidden && agent is not null)
            {
                // Known and not registered: it registers again when told to, with what it has just said.
                _errands.Tell(from, new ReconnectExecutorMessage { SlaveId = agent });
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The agent stops: an update that is not in its checkpoints is said again after its restart.
            Log.Unheard(_logger, call, from);
        }
        finally
        {
            _streams.Forget(number);
            _replies.TryRemove(number, out _);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Call} of the executor at {From} dropped: {Reason}")]
        public static partial void Dropped(ILogger logger, Call.Types.Type call, Upid from, string? reason);

        [LoggerMessage(2, LogLevel.Warning, "The executor at {From} was not registered: {Count} are, or the agent stops")]
        public static partial void TooMany(ILogger logger, Upid from, int count);

        [LoggerMessage(4, LogLevel.Information, "{Call} of the executor at {From} was not answered before the agent stopped")]
        public static partial void Unheard(ILogger logger, Call.Types.Type call, Upid from);

        [LoggerMessage(3, LogLevel.Error, "The session of the executor at {From} failed")]
        public static partial void Failed(ILogger logger, Exception exception, Upid from);
    }
}
