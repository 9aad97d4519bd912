using Google.Protobuf;
using Plenum.Kernel.Commands;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Kernel.Tests;

/// <summary>An agent that does only what the test says. Its report lists <see cref="Tasks"/> and <see cref="Executors"/> as they stand.</summary>
internal sealed class TestAgent(string hostname, string resources)
{
    private TestCluster? _cluster;
    private byte _uuids;

    public AgentInfo Info { get; } = Describe(hostname, resources);

    public int Port { get; init; } = 5051;

    public AgentLinkId Link { get; private set; }

    public AgentId Id => Info.Id;

    public List<MasterMessage> Received { get; } = [];

    public List<AgentLinkId> Closed { get; } = [];

    public List<WireTask> Tasks { get; } = [];

    public List<ExecutorInfo> Executors { get; } = [];

    public List<FrameworkInfo> Frameworks { get; } = [];

    public List<AgentInfo.Types.Capability.Types.Type> Capabilities { get; } =
    [
        AgentInfo.Types.Capability.Types.Type.HierarchicalRole,
        AgentInfo.Types.Capability.Types.Type.ReservationRefinement,
        AgentInfo.Types.Capability.Types.Type.ResourceProvider,
        AgentInfo.Types.Capability.Types.Type.ResizeVolume,
        AgentInfo.Types.Capability.Types.Type.AgentOperationFeedback,
    ];

    /// <summary>Reservations and volumes made since its start, as its report lists them.</summary>
    public List<Resource> Checkpointed { get; } = [];

    public List<Operation> Operations { get; } = [];

    public List<AgentMessage.Types.ResourceProvider> Providers { get; } = [];

    public List<MasterMessage.Types.ApplyOperation> Ordered =>
        [.. Received.Where(m => m.ApplyOperation is not null).Select(m => m.ApplyOperation)];

    public IEnumerable<ByteString> AcknowledgedOperations =>
        Received.Where(m => m.AcknowledgeOperation is not null).Select(m => m.AcknowledgeOperation.OperationUuid);

    public IEnumerable<TaskInfo> Launched => Received.Where(m => m.RunTask is not null).Select(m => m.RunTask.Task);

    public IEnumerable<string> Killed => Received.Where(m => m.KillTask is not null).Select(m => m.KillTask.TaskId.Value);

    public IEnumerable<ByteString> Acknowledged =>
        Received.Where(m => m.AcknowledgeStatus is not null).Select(m => m.AcknowledgeStatus.Uuid);

    public void Attach(TestCluster cluster, AgentLinkId link)
    {
        _cluster = cluster;
        Link = link;
        Received.Clear();
    }

    public void Receive(AgentLinkId link, MasterMessage message)
    {
        link.ShouldBe(Link);
        if (message.Registered is { } registered)
        {
            Info.Id = registered.AgentId;
        }

        Received.Add(message);
    }

    public AgentMessage.Types.Register Report()
    {
        var report = new AgentMessage.Types.Register
        {
            AgentInfo = Info.Clone(),
            Version = "1.11.0",
            Address = new Address { Hostname = Info.Hostname, Ip = "127.0.0.1", Port = Port },
        };
        report.Tasks.AddRange(Tasks.Select(task => task.Clone()));
        report.Executors.AddRange(Executors.Select(executor => executor.Clone()));
        report.Frameworks.AddRange(Frameworks);
        report.Capabilities.AddRange(Capabilities.Select(type => new AgentInfo.Types.Capability { Type = type }));
        report.CheckpointedResources.AddRange(Checkpointed);
        report.Operations.AddRange(Operations);
        report.ResourceProviders.AddRange(Providers);
        return report;
    }

    public void Say(AgentMessage message) => _cluster!.Apply(new KernelCommand.AgentMessageReceived(Link, message));

    public void BreakLink() => _cluster!.Apply(new KernelCommand.AgentLinkClosed(Link));

    public void Return() => _cluster!.Register(this);

    /// <summary>Keeps a launched task in its report, as an agent does from its checkpoint on.</summary>
    public WireTask Keep(TestFramework framework, string task, TaskState state = TaskState.TaskRunning)
    {
        var info = Launched.Single(launched => launched.TaskId.Value == task);
        var kept = new WireTask
        {
            Name = info.Name,
            TaskId = info.TaskId,
            AgentId = info.AgentId,
            FrameworkId = framework.Id.ToWire(),
            State = state,
        };
        kept.Resources.AddRange(info.Resources);
        Tasks.Add(kept);
        return kept;
    }

    /// <summary>Says what became of an operation it was ordered.</summary>
    public OperationStatus Outcome(
        MasterMessage.Types.ApplyOperation ordered,
        OperationState state = OperationState.OperationFinished,
        Resource? made = null)
    {
        var status = new OperationStatus
        {
            OperationId = ordered.Info.Id,
            State = state,
            AgentId = Info.Id,
            Uuid = new UUID { Value = NewUuid() },
        };
        if (state == OperationState.OperationFinished)
        {
            status.ConvertedResources.AddRange(
                made is null ? ResourceConversion.Of(ordered.Info)!.Value.Converted.ToWire() : [made]);
        }

        Repeat(ordered, status);
        return status;
    }

    public void Repeat(MasterMessage.Types.ApplyOperation ordered, OperationStatus status) => Say(new AgentMessage
    {
        OperationUpdate = new AgentMessage.Types.OperationUpdate
        {
            FrameworkId = ordered.FrameworkId,
            OperationUuid = ordered.OperationUuid,
            Status = status,
        },
    });

    /// <summary>An update with a uuid of its own; <paramref name="latest"/> may be ahead of it.</summary>
    public ByteString Update(TestFramework framework, string task, TaskState state, TaskState? latest = null, ByteString? uuid = null)
    {
        uuid ??= NewUuid();
        Say(new AgentMessage
        {
            StatusUpdate = new AgentMessage.Types.StatusUpdate
            {
                FrameworkId = framework.Id.ToWire(),
                LatestState = latest ?? state,
                Status = new TaskStatus
                {
                    TaskId = new TaskID { Value = task },
                    AgentId = Info.Id,
                    State = state,
                    Source = TaskStatus.Types.Source.Executor,
                    Uuid = uuid,
                },
            },
        });
        return uuid;
    }

    private static AgentInfo Describe(string hostname, string resources)
    {
        var info = new AgentInfo { Hostname = hostname };
        info.Resources.AddRange(ResourceSet.Parse(resources).ToWire());
        return info;
    }

    private ByteString NewUuid()
    {
        var bytes = new byte[16];
        bytes[0] = ++_uuids;
        bytes[1] = (byte)Port;
        return ByteString.CopyFrom(bytes);
    }
}
