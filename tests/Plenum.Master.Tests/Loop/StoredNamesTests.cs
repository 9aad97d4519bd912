using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Preemption;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Storage;
using MasterCall = Plenum.Protocol.V1.Master.Call;
using SchedulerCall = Plenum.Protocol.V1.Scheduler.Call;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Master.Tests.Loop;

/// <summary>
/// What the validators let in becomes a key of the registry, and a key that the store refuses stops the master: for ever
/// when it is a task's. The two are held together here.
/// </summary>
public sealed class StoredNamesTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Mostly what stores and file systems trip over.
    private static readonly Gen<string> Names =
        from length in Gen.Frequency((6, Gen.Choose(1, 12)), (1, Gen.Choose(250, 260)), (2, Gen.Choose(990, 1024)))
        from parts in Gen.Elements("a", "/", "-", ".", "*", "%", "é", "\u0001", "\u001f", "\u007f", "\u0085", "\uFFFE", "\U0001F600", "\U0010FFFF", "x", "y")
            .ArrayOf(length)
        select string.Concat(parts);

    [Fact]
    public void Every_role_that_is_allowed_is_a_key_that_the_store_takes() => Prop.ForAll(Names.ToArbitrary(), name =>
    {
        if (RoleName.Validate(name) is not null)
        {
            return;
        }

        var kernel = NewKernel();
        var weights = new MasterCall { Type = MasterCall.Types.Type.UpdateWeights, UpdateWeights = new MasterCall.Types.UpdateWeights() };
        weights.UpdateWeights.WeightInfos.Add(new WeightInfo { Role = name, Weight = 2 });
        var quota = new MasterCall { Type = MasterCall.Types.Type.UpdateQuota, UpdateQuota = new MasterCall.Types.UpdateQuota { Force = true } };
        quota.UpdateQuota.QuotaConfigs.Add(new Protocol.V1.Quota.QuotaConfig { Role = name, Limits = { ["cpus"] = new Value.Types.Scalar { Value = 1 } } });
        var written = Apply(
            kernel,
            Start,
            new KernelCommand.ChangePriorities(new OperatorRequestId(1), [new RolePriority(name, 3)], []),
            new KernelCommand.OperatorCall(new OperatorRequestId(2), weights),
            new KernelCommand.OperatorCall(new OperatorRequestId(3), quota));

        // Whether a role may have quota is a question of its own.
        written.Count.ShouldBeGreaterThanOrEqualTo(name == "*" ? 1 : 2);
        var next = NewKernel();
        next.Restore(Store(written), Start);
        next.Snapshot().Priorities.ShouldBe(kernel.Snapshot().Priorities);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_id_that_is_allowed_is_a_key_that_the_store_takes() => Prop.ForAll(Names.ToArbitrary(), name =>
    {
        if (IdSyntax.Validate(name) is not null)
        {
            return;
        }

        // An agent under that name with a task that ended and one that runs, of a framework of the same name; it is lost.
        var kernel = NewKernel();
        var info = new FrameworkInfo { Id = new FrameworkID { Value = name }, Name = "fw", User = "root", FailoverTimeout = 1e6 };
        var subscribe = new SchedulerCall { Type = SchedulerCall.Types.Type.Subscribe, Subscribe = new SchedulerCall.Types.Subscribe { FrameworkInfo = info } };
        var report = new AgentMessage.Types.Register
        {
            AgentInfo = new AgentInfo { Id = new AgentID { Value = name }, Hostname = "h" },
            Tasks = { Task(name, "running", TaskState.TaskRunning), Task(name, name, TaskState.TaskFailed) },
        };
        var written = Apply(
            kernel,
            Start,
            new KernelCommand.Subscribe(new SchedulerStreamId(1), subscribe, null),
            new KernelCommand.RegisterAgent(new AgentLinkId(1), report));
        written.AddRange(Apply(kernel, Start.AddSeconds(6), new KernelCommand.Tick(), new KernelCommand.AgentLinkClosed(new AgentLinkId(1))));
        written.AddRange(Apply(kernel, Start.AddMinutes(11), new KernelCommand.Tick()));

        // The agent, the framework, the end and what was lost.
        var entries = Store(written);
        entries.Count.ShouldBe(4);
        var next = NewKernel();
        next.Restore(entries, Start);
        var known = next.Snapshot().Frameworks.ShouldHaveSingleItem();
        (known.KeptEnds.Single().Id.Value, known.UnreachableTasks.Single().Id.Value).ShouldBe((name, "running"));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Two_roles_never_share_a_key()
    {
        string[] roles = ["a\u0001", "a\u0002", new string('x', 1023), new string('x', 1024), "\U0010FFFF"];
        var kernel = NewKernel();
        var written = Apply(
            kernel,
            Start,
            new KernelCommand.ChangePriorities(new OperatorRequestId(1), [.. roles.Select(role => new RolePriority(role, 3))], []));

        Store(written).Count.ShouldBe(roles.Length);
        Store([.. written, .. Apply(kernel, Start, new KernelCommand.ChangePriorities(new OperatorRequestId(2), [], roles))]).ShouldBeEmpty();
    }

    private static WireTask Task(string name, string id, TaskState state) => new()
    {
        Name = "task",
        TaskId = new TaskID { Value = id },
        FrameworkId = new FrameworkID { Value = name },
        AgentId = new AgentID { Value = name },
        State = state,
        StatusUpdateState = state,
        StatusUpdateUuid = ByteString.CopyFromUtf8("u"),
    };

    private static ClusterKernel NewKernel() =>
        new(new KernelOptions { MasterInfo = new MasterInfo { Id = "m", Ip = 0, Port = 5050 } });

    private static List<KernelEffect.WriteRegistry> Apply(ClusterKernel kernel, DateTimeOffset now, params KernelCommand[] commands)
    {
        var effects = new List<KernelEffect>();
        foreach (var command in commands)
        {
            kernel.Apply(command, now, effects);
        }

        return [.. effects.OfType<KernelEffect.WriteRegistry>()];
    }

    /// <summary>What is in a store after these, one by one: it refuses what no store would take.</summary>
    private static List<KeyValuePair<string, byte[]>> Store(IEnumerable<KernelEffect.WriteRegistry> writes)
    {
        var store = new MemoryStateStore();
        foreach (var write in writes)
        {
            store.CommitAsync(new StoreTransaction { Writes = [new StoreWrite(write.Key, write.Value)] }, CancellationToken.None)
                .AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        }

        return store.ListAsync("kernel/", CancellationToken.None).ToBlockingEnumerable()
            .Select(entry => KeyValuePair.Create(entry.Key, entry.Value.ToArray())).ToList();
    }
}
