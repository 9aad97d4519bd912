using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Tests.Networking;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>
/// One work directory and many agent processes after each other, all with real containers and all ended by SIGKILL. Each
/// gets a task to run and the one before it to kill. What they told of each task is kept.
/// </summary>
internal sealed class KilledLives : IAsyncDisposable
{
    private readonly Dictionary<string, List<TaskStatus>> _told = new(StringComparer.Ordinal);

    /// <summary>See <see cref="AgentOptions.UserNamespaces"/>; of every agent.</summary>
    public string? Users { get; init; }

    /// <summary>Networks and plugins that go before the machine's.</summary>
    public string Networks { get; } = Directory.CreateTempSubdirectory("plenum-killed-networks-").FullName;

    public string Work { get; } = Directory.CreateTempSubdirectory("plenum-killed-").FullName;

    /// <summary>An agent that dies at a step of its disk or by a program of the machine; else after it did all it had to.</summary>
    /// <param name="tasks">To be launched.</param>
    /// <param name="doomed">To be killed, those that are there.</param>
    /// <param name="diesAt">See <see cref="ChildAgent.Start"/>.</param>
    /// <param name="programs">See <see cref="ChildAgent.Start"/>.</param>
    /// <param name="started">Told the agent's process.</param>
    /// <param name="launch">Launches the tasks; null: as plain ones.</param>
    /// <param name="killsOwn">The tasks are killed as soon as they run.</param>
    /// <param name="running">Told of the agent and of each of the tasks that runs.</param>
    /// <param name="dies">It dies by something else than a step of its disk, and that is waited for.</param>
    public async Task LiveAsync(
        IReadOnlyList<string> tasks,
        IReadOnlyList<string> doomed,
        int diesAt = 0,
        string? programs = null,
        Action<int>? started = null,
        Action<FakeMaster>? launch = null,
        bool killsOwn = false,
        Action<AgentMessage.Types.Register, TaskStatus>? running = null,
        bool dies = false)
    {
        await using var master = await FakeMaster.StartAsync();
        using var agent = ChildAgent.Start(master.Address, Work, Networks, diesAt, programs, Users);
        started?.Invoke(agent.Id);
        using var died = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(died.Token, Patience.Token());
        var ended = CancelAtEndAsync(agent, died);
        try
        {
            var registration = await master.RegistrationAsync(over.Token);
            var open = tasks.ToHashSet(StringComparer.Ordinal);
            (launch ?? (plain => Launch(plain, tasks)))(master);
            foreach (var known in registration.Tasks.Where(known => doomed.Contains(known.TaskId.Value) && !IsEnd(known.State)))
            {
                open.Add(known.TaskId.Value);
                master.Kill(known.TaskId.Value, TimeSpan.FromSeconds(30));
            }

            while (dies || open.Count > 0)
            {
                if (Note(await master.ReceiveAsync(over.Token)) is not { } status)
                {
                    continue;
                }

                if (status.State == TaskState.TaskRunning && tasks.Contains(status.TaskId.Value))
                {
                    running?.Invoke(registration, status);
                }

                if (status.State == TaskState.TaskRunning && killsOwn)
                {
                    master.Kill(status.TaskId.Value, TimeSpan.FromSeconds(30));
                }
                else if (IsEnd(status.State) || (status.State == TaskState.TaskRunning && tasks.Contains(status.TaskId.Value)))
                {
                    open.Remove(status.TaskId.Value);
                }
            }
        }
        catch (OperationCanceledException) when (died.IsCancellationRequested)
        {
            // It died, as it should.
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"The agent that dies at {diesAt} did neither die nor run {string.Join(", ", tasks)}: {Story()}", late);
        }

        await agent.KillAsync();
        await ended;

        // What it said last, and was acknowledged, may not have been read yet.
        while (master.TryReceive(out var last))
        {
            Note(last);
        }
    }

    /// <summary>A last agent finds what the others left, ends all of it, and nothing remains.</summary>
    /// <param name="recovered">Called when it has found it.</param>
    public async Task SettleAsync(Action? recovered = null)
    {
        await using var master = await FakeMaster.StartAsync();
        using var agent = ChildAgent.Start(master.Address, Work, Networks, users: Users);
        var registration = await master.RegistrationAsync();
        recovered?.Invoke();
        registration.Tasks.Select(static task => task.TaskId.Value).ShouldBeUnique();
        var open = registration.Tasks.Select(static task => task.TaskId.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var task in registration.Tasks.Where(static task => !IsEnd(task.State)))
        {
            master.Kill(task.TaskId.Value, TimeSpan.FromSeconds(30));
        }

        while (open.Count > 0)
        {
            if (Note(await master.ReceiveAsync()) is { } status && IsEnd(status.State))
            {
                open.Remove(status.TaskId.Value);
            }
        }

        foreach (var (task, statuses) in _told)
        {
            var story = $"{task}: {string.Join(", ", statuses.Select(static status => $"{status.State} ({status.Message})"))}";
            var ends = statuses.Where(static status => IsEnd(status.State)).Select(static status => status.State).Distinct().ToArray();
            ends.Length.ShouldBe(1, story);
            if (statuses.Any(static status => status.State == TaskState.TaskRunning))
            {
                ends.ShouldBe([TaskState.TaskKilled], $"nobody but the master ends a task that ran; {story}");
            }
        }

        await LeavesNothingAsync(agent.Id);
        await agent.KillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await AgentCleanup.RemoveContainersAsync(Work, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        Directory.Delete(Work, recursive: true);
        Directory.Delete(Networks, recursive: true);
        NetworkTraces.Of(Work).ShouldBeEmpty();
    }

    private static async Task CancelAtEndAsync(ChildAgent agent, CancellationTokenSource died)
    {
        await agent.EndedAsync(CancellationToken.None);
        await died.CancelAsync();
    }

    private static void Launch(FakeMaster master, IEnumerable<string> tasks)
    {
        foreach (var task in tasks)
        {
            master.Run(FakeMaster.Task(task, "exec sleep 1000"));
        }
    }

    private string Story() => string.Join('\n', _told.Select(static pair =>
        $"{pair.Key}: {string.Join(", ", pair.Value.Select(static status => $"{status.State} ({status.Message})"))}"));

    private static bool IsEnd(TaskState state) =>
        state is not (TaskState.TaskStaging or TaskState.TaskStarting or TaskState.TaskRunning or TaskState.TaskKilling);

    private TaskStatus? Note(AgentMessage message)
    {
        if (message.StatusUpdate?.Status is not { } status)
        {
            return null;
        }

        if (!_told.TryGetValue(status.TaskId.Value, out var statuses))
        {
            _told.Add(status.TaskId.Value, statuses = []);
        }

        statuses.Add(status);
        return status;
    }

    // A task is reported as ended before its container is taken down: the last of that is waited for.
    private async Task LeavesNothingAsync(int agent)
    {
        var runs = Path.Combine(Work, "slaves", FakeMaster.AgentId, "frameworks", "fw", "executors");
        var containers = Directory.GetDirectories(runs)
            .SelectMany(static executor => Directory.GetDirectories(Path.Combine(executor, "runs")))
            .Select(static run => Path.GetFileName(run))
            .Where(static name => name != "latest")
            .ToHashSet(StringComparer.Ordinal);
        containers.ShouldNotBeEmpty();
        // What the agent keeps for its next container with a network, taken down with it (see the end of this class).
        var tag = NetworkTraces.Tag(Work);
        string[] kept = [$"mount /run/plenum-{tag}", $"entry /run/plenum-{tag}", $"device /sys/class/net/plm{tag}"];
        bool IsKept(string trace) => kept.Contains(trace)
            || (trace.StartsWith("rule -A FORWARD ", StringComparison.Ordinal) && trace.Contains($" plm{tag} ", StringComparison.Ordinal));
        var waited = Patience.Token();
        while (true)
        {
            // Files are its memory and the sandboxes, unless they are a container's.
            var left = AgentTraces.Take(agent, Work, containers).Named
                .Where(trace => !IsKept(trace))
                .Where(trace => !trace.StartsWith("file ", StringComparison.Ordinal)
                    || (trace.Contains("/runtime/", StringComparison.Ordinal) && containers.Any(id => trace.Contains(id, StringComparison.Ordinal))))
                .Concat(Directory.GetFiles(Path.Combine(Work, "meta/records"), "*", SearchOption.AllDirectories).Where(static file => Path.GetFileName(file) != "agent.rec"))
                .ToArray();
            if (left.Length == 0)
            {
                return;
            }

            waited.IsCancellationRequested.ShouldBeFalse($"left: {string.Join('\n', left)}");
            await Task.Yield();
        }
    }
}
