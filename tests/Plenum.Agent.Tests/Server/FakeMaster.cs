using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>
/// The master's side of the agent link on a real socket, told by the test what to say. Acknowledges every
/// status update unless told otherwise.
/// </summary>
internal sealed class FakeMaster : IAsyncDisposable
{
    public const string AgentId = "fake-S0";

    private readonly WebApplication _web;
    private readonly Channel<AgentMessage> _received = Channel.CreateUnbounded<AgentMessage>();
    private readonly Channel<AgentMessage.Types.Register> _registrations = Channel.CreateUnbounded<AgentMessage.Types.Register>();
    private readonly CancellationTokenSource _stopping = new();
    private Channel<MasterMessage> _outbound = Channel.CreateUnbounded<MasterMessage>();
    private int _links;

    private FakeMaster(WebApplication web) => _web = web;

    public Uri Address { get; private set; } = null!;

    public bool Acknowledges { get; set; } = true;

    /// <summary>What every later registration is answered.</summary>
    public bool Draining { get; set; }

    public static async Task<FakeMaster> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var web = builder.Build();
        var master = new FakeMaster(web);
        web.MapPost("/api/plenum/v1/agent/link", master.LinkAsync);
        web.MapPost("/api/plenum/v1/agent/messages", master.MessagesAsync);
        await web.StartAsync();
        master.Address = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return master;
    }

    public void Send(MasterMessage message) => _outbound.Writer.TryWrite(message);

    public async Task<AgentMessage.Types.Register> RegistrationAsync() =>
        await _registrations.Reader.ReadAsync(Patience.Token());

    public async Task<AgentMessage.Types.Register> RegistrationAsync(CancellationToken cancellationToken) =>
        await _registrations.Reader.ReadAsync(cancellationToken);

    public async Task<AgentMessage> ReceiveAsync(CancellationToken cancellationToken) => await _received.Reader.ReadAsync(cancellationToken);

    /// <summary>What has come already.</summary>
    public bool TryReceive([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AgentMessage? message) => _received.Reader.TryRead(out message);

    public async Task<AgentMessage> ReceiveAsync() => await _received.Reader.ReadAsync(Patience.Token());

    /// <summary>The next update of the task in that state; what comes before it is passed over.</summary>
    public async Task<TaskStatus> UpdateAsync(string task, TaskState state)
    {
        var seen = new List<TaskState>();
        try
        {
            while (true)
            {
                var message = await ReceiveAsync();
                if (message.StatusUpdate?.Status is { } status && status.TaskId.Value == task)
                {
                    seen.Add(status.State);
                    if (status.State == state)
                    {
                        return status;
                    }

                    if (status.State is TaskState.TaskFailed or TaskState.TaskError or TaskState.TaskLost)
                    {
                        throw new InvalidOperationException($"{task}: {status.State} instead of {state}: {status.Message}");
                    }
                }
            }
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"{task} was not reported as {state}; seen: {string.Join(", ", seen)}", late);
        }
    }

    public void Run(TaskInfo task, FrameworkInfo? framework = null) => Send(new MasterMessage
    {
        RunTask = new MasterMessage.Types.RunTask { Framework = framework ?? Framework(), Task = task },
    });

    public void Kill(string task, TimeSpan grace) => Send(new MasterMessage
    {
        KillTask = new MasterMessage.Types.KillTask
        {
            FrameworkId = Framework().Id,
            TaskId = new TaskID { Value = task },
            KillPolicy = new KillPolicy { GracePeriod = new DurationInfo { Nanoseconds = grace.Ticks * 100 } },
        },
    });

    public static FrameworkInfo Framework() => new()
    {
        Id = new FrameworkID { Value = "fw" },
        Name = "test",
        User = System.Environment.UserName,
        Checkpoint = true,
    };

    public static TaskInfo Task(string id, string command, Action<TaskInfo>? more = null)
    {
        var task = new TaskInfo
        {
            Name = id,
            TaskId = new TaskID { Value = id },
            AgentId = new AgentID { Value = AgentId },
            Command = new CommandInfo { Value = command },
        };
        more?.Invoke(task);
        return task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _web.StopAsync();
        await _web.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task LinkAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var registration = AgentMessage.Parser.ParseFrom(body.ToArray()).Register;
        var outbound = Channel.CreateUnbounded<MasterMessage>();
        outbound.Writer.TryWrite(new MasterMessage
        {
            Registered = new MasterMessage.Types.Registered
            {
                AgentId = new AgentID { Value = AgentId },
                // Nobody pings here. After the usual 75 s the agent would register anew, and what was on its way to it over the
                // old link be lost: a real master hears of that, this one does not.
                PingTimeout = new DurationInfo { Nanoseconds = TimeSpan.FromDays(1).Ticks * 100 },
                Draining = Draining,
            },
        });
        _outbound = outbound;
        context.Response.Headers["Plenum-Link-Id"] = $"link-{++_links}";
        await context.Response.StartAsync();
        _registrations.Writer.TryWrite(registration);
        var records = new RecordWriter(context.Response.BodyWriter);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            await foreach (var message in outbound.Reader.ReadAllAsync(ending.Token))
            {
                await records.WriteAsync(message, cancellationToken: ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private async Task MessagesAsync(HttpContext context)
    {
        var records = new RecordReader(context.Request.BodyReader);
        while (await records.ReadMessageAsync(AgentMessage.Parser) is { } message)
        {
            // First: whatever an agent was told that it was heard can be received.
            _received.Writer.TryWrite(message);
            if (Acknowledges && message.StatusUpdate is { } update)
            {
                Send(new MasterMessage
                {
                    AcknowledgeStatus = new MasterMessage.Types.AcknowledgeStatus
                    {
                        FrameworkId = update.FrameworkId,
                        TaskId = update.Status.TaskId,
                        Uuid = update.Status.Uuid,
                    },
                });
            }
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
