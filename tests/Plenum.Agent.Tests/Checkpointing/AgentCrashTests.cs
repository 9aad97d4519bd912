using Plenum.Agent.Book;
using Plenum.Agent.Tests.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>
/// An agent's life of tasks, pods, kills and ends, cut at each single step by which it writes, renames, deletes, flushes
/// or lets an effect out, and again in the life after that.
/// </summary>
public sealed class AgentCrashTests
{
    /// <summary>What one life without a crash passes at least; fewer would mean that the script or the counting broke.</summary>
    private const int FewestSteps = 100;

    private static readonly IReadOnlyList<Func<CrashWorld, AgentCommand?>> Script =
    [
        static world => Run(world, "ends"),
        static world => Run(world, "stays"),
        static world => Run(world, "meanwhile"),
        static world => Pod(world, "a", "b"),
        static world => End(world, "ends", 7 << 8),
        static world => Run(world, "refused"),
        static world => Run(world, "killed"),
        static world => Kill(world, "killed"),
        static world => Pod(world, "c", "refused-d"),
        static world => End(world, "a", 0),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whenever_the_agent_dies_every_task_is_known_once_with_its_true_end_and_nothing_stays_behind(bool powerCut)
    {
        var at = 0;
        // Every other one dies once more while it recovers; the two cases take turns in that.
        while (await CrashAsync(++at, powerCut, twice: at % 2 == 0 == powerCut))
        {
        }

        at.ShouldBeGreaterThan(FewestSteps);
    }

    private static async Task<bool> CrashAsync(int at, bool powerCut, bool twice)
    {
        var about = $"crash at step {at}, power cut {powerCut}, twice {twice}";
        using var world = new CrashWorld(Script);
        var crashed = await DieAsync(world, at, powerCut);
        if (crashed && twice)
        {
            // Recovery takes few steps: all of them come up over the first crashes.
            await DieAsync(world, 1 + (at % 11), powerCut);
        }

        // A life without a crash: whatever is left is found, and the master hears of it.
        var snapshot = (await world.LiveAsync(new CrashPoint(0), new CutDisk(new CrashPoint(0)))).ShouldNotBeNull();
        world.Registration.Tasks.Select(static task => task.TaskId.Value).ShouldBeUnique(about);
        var known = Tasks(snapshot);
        known.ShouldBeUnique(about);
        foreach (var task in (string[])["ends", "stays", "meanwhile", "a", "b", "refused", "killed", "c", "refused-d"])
        {
            Check(world, task, known.Contains(task), about);
        }

        // All of it is taken away again, and nothing remains but the agent's own record.
        await world.LiveAsync(
            new CrashPoint(0),
            new CutDisk(new CrashPoint(0)),
            last => Tasks(last).Select(task => (AgentCommand)Kill(world, task)));
        world.Containers.Keys.ShouldBeEmpty(about);
        Directory.EnumerateFiles(Path.Combine(world.Work, "meta/records"), "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName).ShouldBe(["agent.rec"], about);
        Directory.EnumerateFiles(Path.Combine(world.Work, "meta/quarantine")).ShouldBeEmpty(about);
        return crashed;
    }

    private static async Task<bool> DieAsync(CrashWorld world, int at, bool powerCut)
    {
        var point = new CrashPoint(at);
        var disk = new CutDisk(point);
        await world.LiveAsync(point, disk);
        if (powerCut && point.Reached)
        {
            disk.LosePower(new Random(at));
        }

        // Nobody is there to see it.
        world.EndTask("meanwhile", 3 << 8);
        return point.Reached;
    }

    private static void Check(CrashWorld world, string task, bool known, string about)
    {
        about = $"{task}: {about}";
        var told = world.Told.Where(status => status.TaskId.Value == task).ToArray();
        var ends = told.Where(static status => IsEnd(status.State)).Select(static status => (status.State, status.Message)).Distinct().ToArray();
        var runs = world.Containers.Values.Any(container => container.Runs(task));
        runs.ShouldBe(known, about);
        if (known)
        {
            ends.ShouldBeEmpty(about);
            told[^1].State.ShouldBe(TaskState.TaskRunning, about);
        }
        else if (told.Length > 0)
        {
            // The master was told of it: it hears how it ended, and never two different ends.
            ends.Length.ShouldBe(1, $"{about}: {string.Join(", ", told.Select(static status => status.State))}");
        }

        if (world.Ended.TryGetValue(task, out var status))
        {
            ends.ShouldHaveSingleItem(about).Message.ShouldBe($"Command exited with status {status >> 8}", about);
        }
    }

    private static bool IsEnd(TaskState state) =>
        state is not (TaskState.TaskStaging or TaskState.TaskStarting or TaskState.TaskRunning or TaskState.TaskKilling);

    private static IReadOnlyList<string> Tasks(AgentSnapshot snapshot) =>
        [.. snapshot.Executors.SelectMany(static pair => pair.Executor.Tasks).Select(static task => task.Id.Value)];

    private static AgentCommand.MasterMessageReceived Run(CrashWorld world, string task) => new(world.Link, new MasterMessage
    {
        RunTask = new MasterMessage.Types.RunTask { Framework = world.Framework, Task = BookWorld.Task(task) },
    });

    private static AgentCommand.MasterMessageReceived Pod(CrashWorld world, params string[] tasks) => new(world.Link, new MasterMessage
    {
        RunTaskGroup = new MasterMessage.Types.RunTaskGroup
        {
            Framework = world.Framework,
            Executor = BookWorld.Pod($"pod-{tasks[0]}"),
            TaskGroup = new TaskGroupInfo { Tasks = { tasks.Select(static task => BookWorld.Task(task)) } },
        },
    });

    private static AgentCommand.MasterMessageReceived Kill(CrashWorld world, string task) => new(world.Link, new MasterMessage
    {
        KillTask = new MasterMessage.Types.KillTask
        {
            FrameworkId = world.Framework.Id,
            TaskId = new TaskID { Value = task },
        },
    });

    private static AgentCommand? End(CrashWorld world, string task, int status)
    {
        world.EndTask(task, status);
        return null;
    }
}
