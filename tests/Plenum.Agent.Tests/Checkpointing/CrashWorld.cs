using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Book;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Loop;
using Plenum.Agent.Tests.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>
/// What outlives an agent's process: its disk, the containers of its machine, and a master with a list of things that it
/// asks for, each once. The agent in between is the real book, loop and store.
/// </summary>
internal sealed class CrashWorld : IEffectSink, IDisposable
{
    private const int QueueBound = 1024;

    private readonly Queue<AgentCommand> _answers = new();
    private readonly IReadOnlyList<Func<CrashWorld, AgentCommand?>> _script;
    private CrashPoint _point = new(0);
    private int _next;
    private int _lives;

    public CrashWorld(IReadOnlyList<Func<CrashWorld, AgentCommand?>> script)
    {
        _script = script;
        // Sixteen megabytes that nothing here is about.
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(Work, "meta")).FullName, "reserve"), []);
    }

    public string Work { get; } = Directory.CreateTempSubdirectory("plenum-crash-").FullName;

    public FrameworkInfo Framework { get; } = BookWorld.Frameworks(FrameworkInfo.Types.Capability.Types.Type.PartitionAware);

    /// <summary>Containers of the machine that nobody removed yet.</summary>
    public Dictionary<ContainerId, MachineContainer> Containers { get; } = [];

    /// <summary>Raw exit status of tasks whose program ended by itself.</summary>
    public Dictionary<string, int> Ended { get; } = [];

    /// <summary>All status updates that reached the master.</summary>
    public List<TaskStatus> Told { get; } = [];

    public AgentMessage.Types.Register Registration { get; private set; } = null!;

    public long Link { get; private set; }

    public void Dispose() => Directory.Delete(Work, recursive: true);

    public void Accept(AgentEffect effect)
    {
        _point.Pass();
        switch (effect)
        {
            case AgentEffect.OpenLink open:
                Link = open.Link;
                Registration = open.Message;
                Answer(new MasterMessage
                {
                    Registered = new MasterMessage.Types.Registered { AgentId = new AgentID { Value = BookWorld.Agent } },
                });
                break;
            case AgentEffect.SendToMaster { Message.StatusUpdate: { } update }:
                Told.Add(update.Status);
                Answer(new MasterMessage
                {
                    AcknowledgeStatus = new MasterMessage.Types.AcknowledgeStatus
                    {
                        FrameworkId = update.FrameworkId,
                        TaskId = update.Status.TaskId,
                        Uuid = update.Status.Uuid,
                    },
                });
                break;
            case AgentEffect.LaunchContainer { Launch: var launch }:
                Launch(launch);
                break;
            case AgentEffect.SignalContainer signal:
                End(signal.Container, signal.Signal);
                break;
            case AgentEffect.DestroyContainer destroy:
                Destroy(destroy.Container);
                break;
        }
    }

    /// <summary>The program of a task ends by itself, if it runs.</summary>
    public void EndTask(string task, int status)
    {
        if (Containers.Values.FirstOrDefault(container => container.Runs(task)) is { } running)
        {
            Ended[task] = status;
            End(running.Launch.Container, status);
        }
    }

    /// <summary>One life of the agent: to its crash, or until the master has nothing more to ask.</summary>
    /// <returns>What the agent knows at the end, null when it did not live to see it.</returns>
    public async Task<AgentSnapshot?> LiveAsync(CrashPoint point, CutDisk disk, Func<AgentSnapshot, IEnumerable<AgentCommand>>? last = null)
    {
        _point = point;
        _answers.Clear();
        _lives++;
        AgentLoop? loop = null;
        CheckpointStore? store = null;
        try
        {
            store = CheckpointStore.Open(Work, disk, NullLogger.Instance);
            loop = new AgentLoop(NewBook(), store, QueueBound, new StillClock(), NullLogger.Instance);
            loop.Start(
                store.Load(),
                [.. Containers.Values.Select(static c => new RecoveredContainer(c.Launch.Container, c.Status is null ? 42 : null, c.Status is { } status ? new ContainerEnd(status) : null))],
                this);
            var snapshot = await SettleAsync(loop);
            while (_next < _script.Count)
            {
                snapshot = await DoAsync(loop, _script[_next++](this));
            }

            foreach (var command in last?.Invoke(snapshot) ?? [])
            {
                snapshot = await DoAsync(loop, command);
            }

            return snapshot;
        }
        catch (Exception) when (point.Reached)
        {
            return null;
        }
        finally
        {
            await (loop?.DisposeAsync() ?? ValueTask.CompletedTask);
            store?.Dispose();
        }
    }

    private async Task<AgentSnapshot> DoAsync(AgentLoop loop, AgentCommand? command)
    {
        if (command is not null)
        {
            await loop.PostAsync(command);
        }

        return await SettleAsync(loop);
    }

    // One command at a time, so that a seed and a number always mean the same step.
    private async Task<AgentSnapshot> SettleAsync(AgentLoop loop)
    {
        var snapshot = await loop.SnapshotAsync(CancellationToken.None);
        while (_answers.TryDequeue(out var answer))
        {
            await loop.PostAsync(answer);
            snapshot = await loop.SnapshotAsync(CancellationToken.None);
        }

        return snapshot;
    }

    private void Launch(ContainerLaunch launch)
    {
        if (launch.Task?.TaskId.Value.StartsWith("refused", StringComparison.Ordinal) == true)
        {
            _answers.Enqueue(new AgentCommand.ContainerLaunchFailed(launch.Container, "no room"));
            return;
        }

        Containers.TryAdd(launch.Container, new MachineContainer(launch)).ShouldBeTrue($"{launch.Container} was started twice");
        _answers.Enqueue(new AgentCommand.ContainerStarted(launch.Container, 42, []));
    }

    private void End(ContainerId id, int status)
    {
        if (Containers.TryGetValue(id, out var container) && container.Status is null)
        {
            container.Status = status;
            _answers.Enqueue(new AgentCommand.ContainerExited(id, new ContainerEnd(status)));
        }
    }

    private void Destroy(ContainerId id)
    {
        foreach (var container in Containers.Values.Where(c => c.Launch.Container == id || c.Launch.Parent == id).ToArray())
        {
            End(container.Launch.Container, 9);
            Containers.Remove(container.Launch.Container);
        }
    }

    private void Answer(MasterMessage message) => _answers.Enqueue(new AgentCommand.MasterMessageReceived(Link, message));

    private AgentBook NewBook() => new(new AgentBookOptions
    {
        Info = new AgentInfo { Hostname = "localhost" },
        Version = "1.11.0",
        Address = new Address { Hostname = "localhost", Port = 5051 },
        BootId = "boot",
        Incarnation = new Guid(_lives, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    });

    internal sealed class MachineContainer(ContainerLaunch launch)
    {
        public ContainerLaunch Launch { get; } = launch;

        public int? Status { get; set; }

        public bool Runs(string task) => Status is null && Launch.Task?.TaskId.Value == task;
    }
}
