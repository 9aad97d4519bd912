using System.Text;
using Plenum.Agent.Book;
using Plenum.Agent.Tests.Book;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>
/// The records of an agent with something of each kind in them, as a text: <c>record KEY BASE64</c>, the containers that
/// ran (<c>running ID</c>), and what the next agent has to make of it (<c>knows ...</c>). The files of older formats are
/// never changed. A new one is written by running the tests with <c>PLENUM_CHECKPOINT_SAMPLE</c> naming it.
/// </summary>
internal sealed record FormatSample(
    IReadOnlyDictionary<string, byte[]> Records, IReadOnlyList<string> Running, IReadOnlyList<string> Knows)
{
    public static FormatSample Read(string file)
    {
        var records = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var (running, knows) = (new List<string>(), new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Checkpointing", file)))
        {
            switch (line.Split(' ', 2))
            {
                case ["record", var record]:
                    var parts = record.Split(' ');
                    records.Add(parts[0], Convert.FromBase64String(parts[1]));
                    break;
                case ["running", var container]:
                    running.Add(container);
                    break;
                case ["knows", var fact]:
                    knows.Add(fact);
                    break;
                default:
                    throw new InvalidDataException($"{file}: {line}");
            }
        }

        return new FormatSample(records, running, knows);
    }

    public void Write(string path)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Records.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append("record ").Append(key).Append(' ').Append(Convert.ToBase64String(value)).Append('\n');
        }

        text.AppendJoin("", Running.Select(static container => $"running {container}\n"));
        text.AppendJoin("", Knows.Select(static fact => $"knows {fact}\n"));
        File.WriteAllText(path, text.ToString());
    }

    /// <summary>What this version of the agent writes.</summary>
    public static FormatSample OfToday()
    {
        var world = BookWorld.Registered(FrameworkInfo.Types.Capability.Types.Type.PartitionAware);
        var running = new List<ContainerId>();
        void Up(ContainerId container)
        {
            running.Add(container);
            world.Started(container);
        }

        foreach (var task in (string[])["runs", "untold", "killed", "limited", "ended"])
        {
            Up(world.Run(BookWorld.Task(task)).Container);
            if (task != "untold")
            {
                world.AcknowledgeAllOf(task);
            }
        }

        world.Run(BookWorld.Task("launching"));
        world.Kill("killed", TimeSpan.FromSeconds(60));
        world.Apply(new AgentCommand.ContainerLimited(running[3], new ContainerLimitation(
            Reason.ContainerLimitationDisk,
            "the disk is over",
            [new Resource { Name = "disk", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 8 } }])));
        world.Exited(running[4], 7 << 8);
        running.RemoveAt(4);
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a"), BookWorld.Task("b"));
        Up(world.Launches().Single().Container);
        foreach (var launch in world.Launches())
        {
            Up(launch.Container);
        }

        world.Master(new MasterMessage
        {
            RunTask = new MasterMessage.Types.RunTask
            {
                Framework = world.Info,
                Task = BookWorld.Task("custom", static info => info.Executor = BookWorld.Custom()),
            },
        });
        Up(world.Launches().Single().Container);
        world.Master(Orders.Reserve(1, Orders.Reserved("cpus:1")));
        string[] containers = [.. running.Select(static container => container.Value)];
        var records = new Dictionary<string, byte[]>(world.Disk, StringComparer.Ordinal);
        return new FormatSample(records, containers, Known(records, containers));
    }

    /// <summary>What an agent that starts on these records knows, and does at once.</summary>
    public static IReadOnlyList<string> Known(IReadOnlyDictionary<string, byte[]> records, IReadOnlyList<string> running)
    {
        var world = new BookWorld(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        foreach (var (key, value) in records)
        {
            world.Disk.Add(key, value);
        }

        world.Start(null, [.. running.Select(static id => new RecoveredContainer(new ContainerId(id), 42, End: null))]);
        var signals = world.Signals();
        var destroyed = world.Destroyed();
        world.Register();
        world.Quarantined.ShouldBeEmpty();
        var snapshot = world.Snapshot;
        return
        [
            $"agent {snapshot.Agent} with {snapshot.Total}",
            .. snapshot.Operations.Select(static operation => $"operation {operation.Info.Type} {operation.LatestStatus.State}"),
            .. snapshot.Executors.OrderBy(static pair => pair.Executor.Id.Value, StringComparer.Ordinal).SelectMany(pair => pair.Executor.Tasks
                .OrderBy(static task => task.Id.Value, StringComparer.Ordinal)
                .Select(task => $"task {task.Id} of {pair.Executor.Kind} {pair.Executor.Id} in {task.Container ?? pair.Executor.Container}: {task.Task.State}")),
            .. world.Updates().Select(static update => $"tells {update.TaskId.Value} {update.State} {update.Message}".TrimEnd()).Order(StringComparer.Ordinal),
            .. signals.Select(static signal => $"signals {signal.Container} {signal.Signal}").Order(StringComparer.Ordinal),
            .. destroyed.Select(static container => $"destroys {container}").Order(StringComparer.Ordinal),
        ];
    }
}
