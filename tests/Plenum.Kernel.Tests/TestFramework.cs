using Google.Protobuf;
using Plenum.Kernel.Commands;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Kernel.Tests;

/// <summary>A framework that does only what the test says.</summary>
internal sealed class TestFramework(FrameworkInfo info)
{
    private TestCluster? _cluster;

    public FrameworkInfo Info { get; } = info;

    public OfferConstraints? Constraints { get; init; }

    public FrameworkId Id => Info.Id;

    public SchedulerStreamId Stream { get; private set; }

    /// <summary>Everything since the newest SUBSCRIBE, on whatever stream of this object.</summary>
    public List<(SchedulerStreamId Stream, Event Event)> Received { get; } = [];

    public List<SchedulerStreamId> Closed { get; } = [];

    public IEnumerable<Event> Events => Received.Select(received => received.Event);

    public List<Offer> Offers => [.. Events.Where(e => e.Offers is not null).SelectMany(e => e.Offers.Offers_)];

    public List<string> Rescinded => [.. Events.Where(e => e.Rescind is not null).Select(e => e.Rescind.OfferId.Value)];

    public List<TaskStatus> Updates => [.. Events.Where(e => e.Update is not null).Select(e => e.Update.Status)];

    public List<OperationStatus> OperationUpdates =>
        [.. Events.Where(e => e.UpdateOperationStatus is not null).Select(e => e.UpdateOperationStatus.Status)];

    public List<Event.Types.Failure> Failures => [.. Events.Where(e => e.Failure is not null).Select(e => e.Failure)];

    public string? Error => Events.FirstOrDefault(e => e.Error is not null)?.Error.Message;

    public static FrameworkInfo Describe(string name, params Capability.Types.Type[] capabilities)
    {
        var info = new FrameworkInfo { Name = name, User = "root", FailoverTimeout = 3600, Checkpoint = true };
        info.Capabilities.AddRange(capabilities.Select(type => new Capability { Type = type }));
        if (capabilities.Contains(Capability.Types.Type.MultiRole))
        {
            info.Roles.Add("*");
        }

        return info;
    }

    public static FrameworkInfo InRoles(string name, params string[] roles)
    {
        var info = new FrameworkInfo { Name = name, User = "root", FailoverTimeout = 3600 };
        info.Capabilities.Add(new Capability { Type = Capability.Types.Type.MultiRole });
        info.Roles.AddRange(roles);
        return info;
    }

    public static TaskInfo Task(Offer offer, string id, string resources = "cpus:1;mem:128")
    {
        var task = new TaskInfo
        {
            Name = id,
            TaskId = new TaskID { Value = id },
            AgentId = offer.AgentId,
            Command = new CommandInfo { Value = "sleep 1" },
        };
        task.Resources.AddRange(ResourceSet.Parse(resources).ToWire(ReservationFormat.PreRefinement));
        return task;
    }

    public void Attach(TestCluster cluster, SchedulerStreamId stream)
    {
        _cluster = cluster;
        Stream = stream;
    }

    public void Receive(SchedulerStreamId stream, Event message)
    {
        if (message.Subscribed is { } subscribed)
        {
            Info.Id = subscribed.FrameworkId;
        }

        Received.Add((stream, message));
    }

    public void Forget() => Received.Clear();

    public void Resubscribe(params string[] suppressed) => _cluster!.Subscribe(this, suppressed);

    public void BreakStream() => _cluster!.Apply(new KernelCommand.SchedulerStreamClosed(Stream));

    public void Call(Call call)
    {
        call.FrameworkId = Info.Id;
        _cluster!.Apply(new KernelCommand.SchedulerCall(Stream, call));
    }

    /// <summary>The newest offer, after everything pending was allocated.</summary>
    public Offer TakeOffer()
    {
        _cluster!.Settle();
        return Offers[^1];
    }

    /// <summary>Asks for these in one offer; nothing takes all wishes back.</summary>
    public void Request(string? resources = null, TestAgent? agent = null)
    {
        var call = new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Request, Request = new Call.Types.Request() };
        if (resources is not null)
        {
            var request = new Request { AgentId = agent?.Info.Id };
            request.Resources.AddRange(ResourceSet.Parse(resources).ToWire());
            call.Request.Requests.Add(request);
        }

        Call(call);
    }

    public void Launch(Offer offer, params TaskInfo[] tasks) => Launch(offer, null, tasks);

    public void Launch(Offer offer, double? refuseSeconds, params TaskInfo[] tasks)
    {
        var launch = new Operation.Types.Launch();
        launch.TaskInfos.AddRange(tasks);
        Accept(refuseSeconds, [offer], new Operation { Type = Operation.Types.Type.Launch, Launch = launch });
    }

    public void LaunchGroup(Offer offer, ExecutorInfo executor, params TaskInfo[] tasks)
    {
        var group = new Operation.Types.LaunchGroup { Executor = executor, TaskGroup = new TaskGroupInfo() };
        group.TaskGroup.Tasks.AddRange(tasks);
        Accept(null, [offer], new Operation { Type = Operation.Types.Type.LaunchGroup, LaunchGroup = group });
    }

    public void Accept(double? refuseSeconds, IEnumerable<Offer> offers, params Operation[] operations)
    {
        var accept = new Call.Types.Accept { Filters = Filters(refuseSeconds) };
        accept.OfferIds.AddRange(offers.Select(offer => offer.Id));
        accept.Operations.AddRange(operations);
        Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Accept, Accept = accept });
    }

    public void AcknowledgeOperation(AgentId agent, OperationStatus status) => Call(new Call
    {
        Type = Protocol.V1.Scheduler.Call.Types.Type.AcknowledgeOperationStatus,
        AcknowledgeOperationStatus = new Call.Types.AcknowledgeOperationStatus
        {
            AgentId = agent.ToWire(),
            OperationId = status.OperationId,
            Uuid = status.Uuid.Value,
        },
    });

    public void ReconcileOperations(params (string Operation, AgentId? Agent)[] operations)
    {
        var reconcile = new Call.Types.ReconcileOperations();
        reconcile.Operations.AddRange(operations.Select(operation => new Call.Types.ReconcileOperations.Types.Operation
        {
            OperationId = new OperationID { Value = operation.Operation },
            AgentId = operation.Agent?.ToWire(),
        }));
        Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.ReconcileOperations, ReconcileOperations = reconcile });
    }

    public void Decline(Offer offer, double? refuseSeconds = null)
    {
        var decline = new Call.Types.Decline { Filters = Filters(refuseSeconds) };
        decline.OfferIds.Add(offer.Id);
        Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Decline, Decline = decline });
    }

    public void Revive(params string[] roles)
    {
        var revive = new Call.Types.Revive();
        revive.Roles.AddRange(roles);
        Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Revive, Revive = revive });
    }

    public void Suppress(params string[] roles)
    {
        var suppress = new Call.Types.Suppress();
        suppress.Roles.AddRange(roles);
        Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Suppress, Suppress = suppress });
    }

    public void Kill(string task, AgentId? agent = null) => Call(new Call
    {
        Type = Protocol.V1.Scheduler.Call.Types.Type.Kill,
        Kill = new Call.Types.Kill { TaskId = new TaskID { Value = task }, AgentId = agent?.ToWire() },
    });

    public void Acknowledge(AgentId agent, string task, ByteString uuid) => Call(new Call
    {
        Type = Protocol.V1.Scheduler.Call.Types.Type.Acknowledge,
        Acknowledge = new Call.Types.Acknowledge { AgentId = agent.ToWire(), TaskId = new TaskID { Value = task }, Uuid = uuid },
    });

    /// <summary>Explicit when tasks are named, implicit otherwise.</summary>
    public void Reconcile(params (string Task, AgentId? Agent)[] tasks)
    {
        var reconcile = new Call.Types.Reconcile();
        reconcile.Tasks.AddRange(tasks.Select(task => new Call.Types.Reconcile.Types.Task
        {
            TaskId = new TaskID { Value = task.Task },
            AgentId = task.Agent?.ToWire(),
        }));
        Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Reconcile, Reconcile = reconcile });
    }

    public void Teardown() => Call(new Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Teardown });

    private static Filters? Filters(double? refuseSeconds) =>
        refuseSeconds is { } seconds ? new Filters { RefuseSeconds = seconds } : null;
}
