using System.Net.Http.Headers;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Checkpointing;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>
/// A real agent on a free port with plain processes, a scripted master and a work directory of its own.
/// What still runs at the end is removed with it.
/// </summary>
internal sealed class AgentFixture : IAsyncDisposable
{
    private readonly Func<AgentOptions, AgentOptions> _adjust;

    private AgentFixture(FakeMaster master, string work, Func<AgentOptions, AgentOptions>? adjust)
    {
        Master = master;
        Work = work;
        _adjust = adjust ?? (static options => options);
    }

    public FakeMaster Master { get; }

    public string Work { get; }

    public AgentServer Agent { get; private set; } = null!;

    public ILoggerFactory Loggers { get; private init; } = NullLoggerFactory.Instance;

    public TimeProvider Clock { get; private init; } = TimeProvider.System;

    public CheckpointDisk Disk { get; private init; } = new();

    public HttpClient Http { get; } = new() { Timeout = Patience.Limit };

    public Protocol.Link.V1.AgentMessage.Types.Register Registration { get; private set; } = null!;

    /// <summary>With real containers, for tests that are skipped where there is no root.</summary>
    public static Task<AgentFixture> StartWithContainersAsync(Func<AgentOptions, AgentOptions>? adjust = null, string? work = null) =>
        StartAsync(work, options => (adjust?.Invoke(options) ?? options) with { Isolation = AgentIsolation.Containers });

    public static async Task<AgentFixture> StartAsync(
        string? work = null,
        Func<AgentOptions, AgentOptions>? adjust = null,
        ILoggerFactory? loggers = null,
        TimeProvider? clock = null,
        CheckpointDisk? disk = null)
    {
        var fixture = new AgentFixture(
            await FakeMaster.StartAsync(),
            work ?? Directory.CreateTempSubdirectory("plenum-agent-").FullName,
            adjust)
        {
            Loggers = loggers ?? NullLoggerFactory.Instance,
            Clock = clock ?? TimeProvider.System,
            Disk = disk ?? new CheckpointDisk(),
        };
        await fixture.StartAgentAsync();
        return fixture;
    }

    public static AgentOptions Options(Uri master, string work, AgentIsolation isolation = AgentIsolation.Processes) => new()
    {
        Master = master,
        WorkDirectory = work,
        Port = 0,
        Isolation = isolation,
        RegistrationBackoff = TimeSpan.FromMilliseconds(50),
        MetricsInterval = TimeSpan.Zero,
    };

    /// <summary>The sandbox of a task that has one update with its container.</summary>
    public string SandboxOf(TaskStatus status) => Path.Combine(
        Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors", status.TaskId.Value, "runs", status.ContainerStatus.ContainerId.Value);

    /// <summary>The agent stops as at an upgrade: containers go on, and the next start finds them.</summary>
    public async Task RestartAgentAsync()
    {
        await Agent.DisposeAsync();
        await StartAgentAsync();
    }

    public async Task StartAgentAsync()
    {
        Agent = await AgentServer.StartAsync(
            _adjust(Options(Master.Address, Work)),
            RuntimeChoice.Create,
            Disk,
            Clock,
            Loggers,
            CancellationToken.None);
        Registration = await Master.RegistrationAsync();
    }

    public async Task<Response> CallAsync(Call call)
    {
        using var response = await PostAsync("api/v1", call);
        response.EnsureSuccessStatusCode();
        return MesosJson.Parse<Response>(await response.Content.ReadAsByteArrayAsync());
    }

    public async Task<HttpResponseMessage> PostAsync(string path, IMessage call, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Agent.Address, path))
        {
            Content = new ByteArrayContent(MesosJson.Write(call)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.Accept.ParseAdd(accept);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<string> GetAsync(string path) => Http.GetStringAsync(new Uri(Agent.Address, path));

    public async Task<TaskStatus> RunUpAsync(TaskInfo task)
    {
        Master.Run(task);
        return await Master.UpdateAsync(task.TaskId.Value, TaskState.TaskRunning);
    }

    public async ValueTask DisposeAsync()
    {
        // The master removes the agent: it ends all that it runs and leaves.
        Master.Send(new Protocol.Link.V1.MasterMessage
        {
            Shutdown = new Protocol.Link.V1.MasterMessage.Types.Shutdown { Message = "the test is over" },
        });
        await Agent.Completion.WaitAsync(Patience.Limit);
        await Agent.DisposeAsync();
        await Master.DisposeAsync();
        Http.Dispose();
        if (_adjust(Options(new Uri("http://127.0.0.1"), Work)).Isolation == AgentIsolation.Containers)
        {
            await AgentCleanup.RemoveContainersAsync(Work, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        }

        Directory.Delete(Work, recursive: true);
    }
}
