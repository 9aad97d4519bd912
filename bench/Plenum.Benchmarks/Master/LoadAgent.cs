using System.IO.Pipelines;
using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// The link of an agent without containers: every task runs at once, and ends as soon as that was
/// acknowledged, except those that are to stay.
/// </summary>
internal sealed class LoadAgent : IAsyncDisposable
{
    /// <summary>Tasks whose id begins so keep running.</summary>
    internal const string StayingPrefix = "stay.";

    /// <summary>Updates sent in one request; a real agent sends what it has, too.</summary>
    private const int MaxBatch = 64;

    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly RecordReader _records;
    private readonly string _link;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<AgentMessage> _outgoing = Channel.CreateBounded<AgentMessage>(65_536);
    private readonly TaskCompletionSource<AgentID> _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AgentID _id = new();
    private long _uuids;
    private Task _running = Task.CompletedTask;

    private LoadAgent(HttpClient http, HttpResponseMessage response, Stream body)
    {
        _http = http;
        _response = response;
        _records = new RecordReader(PipeReader.Create(body));
        _link = response.Headers.GetValues("Plenum-Link-Id").Single();
    }

    /// <summary>The identity that the master gave, or gave again.</summary>
    public Task<AgentID> Registered => _registered.Task;

    /// <param name="http">All agents' connections to the master.</param>
    public static Task<LoadAgent> RegisterAsync(HttpClient http, int number, CancellationToken cancellationToken)
    {
        var register = new AgentMessage.Types.Register
        {
            AgentInfo = new AgentInfo { Hostname = $"agent-{number}" },
            Version = "1.11.0",
            Address = new Address { Hostname = $"agent-{number}", Ip = "127.0.0.1", Port = 5_051 },
        };
        register.AgentInfo.Resources.AddRange(ResourceSet.Parse("cpus:1000;mem:1000000;disk:1000000;ports:[1-60000]").ToWire());
        return RegisterAsync(http, new AgentMessage { Register = register }.ToByteArray(), cancellationToken);
    }

    /// <summary>Sends that registration; see <see cref="Registered"/> for the answer.</summary>
    public static async Task<LoadAgent> RegisterAsync(HttpClient http, byte[] registration, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/plenum/v1/agent/link")
        {
            Content = new ByteArrayContent(registration),
        };
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        var agent = new LoadAgent(http, response, await response.Content.ReadAsStreamAsync(cancellationToken));
        agent._running = Task.WhenAll(Task.Run(agent.ReceiveAsync, cancellationToken), Task.Run(agent.SendAsync, cancellationToken));
        return agent;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _outgoing.Writer.TryComplete();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _response.Dispose();
        _stopping.Dispose();
    }

    private async Task ReceiveAsync()
    {
        while (await _records.ReadMessageAsync(MasterMessage.Parser, cancellationToken: _stopping.Token) is { } message)
        {
            switch (message.MessageCase)
            {
                case MasterMessage.MessageOneofCase.Registered:
                    _id = message.Registered.AgentId;
                    _registered.TrySetResult(_id);
                    break;
                case MasterMessage.MessageOneofCase.Ping:
                    await _outgoing.Writer.WriteAsync(
                        new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = message.Ping.Sequence } }, _stopping.Token);
                    break;
                case MasterMessage.MessageOneofCase.RunTask:
                    await UpdateAsync(message.RunTask.Framework.Id, message.RunTask.Task.TaskId, TaskState.TaskRunning);
                    break;
                case MasterMessage.MessageOneofCase.AcknowledgeStatus:
                    var acknowledged = message.AcknowledgeStatus;
                    if (acknowledged.Uuid[15] == (byte)TaskState.TaskRunning
                        && !acknowledged.TaskId.Value.StartsWith(StayingPrefix, StringComparison.Ordinal))
                    {
                        await UpdateAsync(acknowledged.FrameworkId, acknowledged.TaskId, TaskState.TaskFinished);
                    }

                    break;
            }
        }
    }

    private ValueTask UpdateAsync(FrameworkID framework, TaskID task, TaskState state)
    {
        var uuid = new byte[16];
        BitConverter.TryWriteBytes(uuid, ++_uuids);
        uuid[15] = (byte)state;
        return _outgoing.Writer.WriteAsync(
            new AgentMessage
            {
                StatusUpdate = new AgentMessage.Types.StatusUpdate
                {
                    FrameworkId = framework,
                    LatestState = state,
                    Status = new TaskStatus
                    {
                        TaskId = task,
                        AgentId = _id,
                        State = state,
                        Source = TaskStatus.Types.Source.Executor,
                        Timestamp = 1_700_000_000.5,
                        Uuid = ByteString.CopyFrom(uuid),
                    },
                },
            },
            _stopping.Token);
    }

    private async Task SendAsync()
    {
        using var body = new MemoryStream();
        while (await _outgoing.Reader.WaitToReadAsync(_stopping.Token))
        {
            body.SetLength(0);
            for (var count = 0; count < MaxBatch && _outgoing.Reader.TryRead(out var message); count++)
            {
                body.Write(RecordFraming.Frame(message.ToByteArray()));
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/plenum/v1/agent/messages")
            {
                Content = new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length),
            };
            request.Headers.Add("Plenum-Link-Id", _link);
            using var response = await _http.SendAsync(request, _stopping.Token);
            response.EnsureSuccessStatusCode();
        }
    }
}
