using Google.Protobuf;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Tests.Tasks;

/// <summary>What the registry has of tasks is bounded, and leaves it with its reason.</summary>
public sealed class KeptTasksTests
{
    /// <summary>The store takes no larger value.</summary>
    private const int MaxValueBytes = 16 * 1024 * 1024;

    /// <summary>Thousands of ends may be written at once.</summary>
    private const int MaxEndBytes = 64 * 1024;

    [Fact]
    public void An_end_that_was_told_of_an_older_task_is_not_that_of_a_lost_one_with_its_name()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Return();
        framework.Updates.Single().State.ShouldBe(TaskState.TaskDropped);
        cluster.Settle();
        offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Keep(framework, "t1");
        cluster.Advance(TimeSpan.FromSeconds(75));
        framework.Updates[^1].State.ShouldBe(TaskState.TaskUnreachable);

        agent.Tasks.Clear();
        agent.Keep(framework, "t1", TaskState.TaskFinished);
        agent.Return();
        agent.Update(framework, "t1", TaskState.TaskFinished);

        framework.Updates[^1].State.ShouldBe(TaskState.TaskFinished);
    }

    [Fact]
    public void No_more_ends_of_a_framework_are_kept_than_the_next_master_takes_in()
    {
        var cluster = new TestCluster(options => options with { MaxUnreachableTasksPerFramework = 2 });
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("fw", Capability.PartitionAware);
        var ended = Enumerable.Range(0, 4).Select(i => End(agent, framework, $"t{i}")).ToList();
        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(6));
        Keys(cluster, "ends").Count.ShouldBe(2);

        framework.Acknowledge(agent.Id, "t0", ended[0].StatusUpdateUuid);
        Keys(cluster, "ends").ShouldHaveSingleItem();
        cluster.RestartMaster();
        cluster.Snapshot.Frameworks.Single().KeptEnds.ShouldHaveSingleItem().StatusUpdateState.ShouldBe(TaskState.TaskFailed);
        framework.Resubscribe();
        framework.Teardown();
        Keys(cluster, "ends").ShouldBeEmpty();
    }

    [Fact]
    public void Ends_beyond_the_bound_that_an_earlier_master_kept_leave_the_registry()
    {
        var bound = 10;
        var cluster = new TestCluster(options => options with { MaxUnreachableTasksPerFramework = bound });
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("fw", Capability.PartitionAware);
        Enumerable.Range(0, 5).ToList().ForEach(i => End(agent, framework, $"t{i}"));
        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(6));
        Keys(cluster, "ends").Count.ShouldBe(5);

        bound = 2;
        cluster.RestartMaster();
        cluster.Apply(new KernelCommand.Tick());

        cluster.Snapshot.Frameworks.Single().KeptEnds.Select(task => $"kernel/ends/{framework.Id}/{task.Id}")
            .ShouldBe(Keys(cluster, "ends"), ignoreOrder: true);
        Keys(cluster, "ends").Count.ShouldBe(2);
    }

    [Fact]
    public void Of_ends_beyond_a_bound_that_shrank_the_newest_stay()
    {
        var bound = 10;
        var cluster = new TestCluster(options => options with { MaxUnreachableTasksPerFramework = bound });
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("fw", Capability.PartitionAware);
        foreach (var (id, time) in new[] { ("a", 3), ("b", 1), ("c", 2) })
        {
            End(agent, framework, id).Statuses.Add(new TaskStatus
            {
                TaskId = new TaskID { Value = id }, State = TaskState.TaskFailed, Timestamp = time,
            });
        }

        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(6));
        Keys(cluster, "ends").Count.ShouldBe(3);
        bound = 2;
        cluster.RestartMaster();

        cluster.Snapshot.Frameworks.Single().KeptEnds.Select(task => task.Id.Value).ShouldBe(["c", "a"]);
    }

    [Fact]
    public void Of_lost_tasks_beyond_the_bound_those_lost_last_stay_over_a_restart()
    {
        var cluster = new TestCluster(options => options with
        {
            MaxUnreachableTasksPerFramework = 1, AgentPingInterval = TimeSpan.FromDays(1),
        });
        var framework = cluster.AddFramework("fw", Capability.PartitionAware);
        var agents = new[] { cluster.AddAgent(hostname: "h0"), cluster.AddAgent(hostname: "h1") };
        cluster.Settle();
        foreach (var offer in framework.Offers.ToList())
        {
            framework.Launch(offer, TestFramework.Task(offer, offer.Hostname));
        }

        // In the order of names the one lost first comes last.
        foreach (var agent in agents.OrderByDescending(agent => agent.Id.Value, StringComparer.Ordinal))
        {
            agent.BreakLink();
            cluster.Advance(TimeSpan.FromMinutes(30));
        }

        Keys(cluster, "lost").ShouldHaveSingleItem("what was forgotten is not kept either: its id may be used again");
        var before = cluster.Snapshot.Frameworks.Single().UnreachableTasks.ShouldHaveSingleItem().Id;
        cluster.RestartMaster();
        cluster.Snapshot.Frameworks.Single().UnreachableTasks.ShouldHaveSingleItem().Id.ShouldBe(before);
    }

    [Fact]
    public void Ends_that_come_all_at_once_are_written_by_and_by()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        foreach (var framework in new[] { cluster.AddFramework("a"), cluster.AddFramework("b") })
        {
            Enumerable.Range(0, 600).ToList().ForEach(i => End(agent, framework, $"t{i}"));
        }

        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(5));
        Keys(cluster, "ends").Count.ShouldBe(1000);
        cluster.Advance(TimeSpan.FromSeconds(1));
        Keys(cluster, "ends").Count.ShouldBe(1200);
    }

    [Fact]
    public void A_lost_agents_tasks_are_kept_without_what_no_answer_needs()
    {
        var (cluster, agent, framework) = Lost(task => task.Labels = new Labels { Labels_ = { new Label { Key = "large", Value = new string('x', MaxValueBytes) } } });

        cluster.Registry[$"kernel/lost/{agent.Id}"].Length.ShouldBeLessThan(1000);
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t0", agent.Id), ("t1", null));
        framework.Updates.Select(update => update.State).ShouldBe([TaskState.TaskUnreachable, TaskState.TaskUnreachable]);
    }

    [Fact]
    public void What_is_too_large_to_be_kept_is_noted_and_the_rest_is_kept()
    {
        var (cluster, agent, _) = Lost(task => task.Name = new string('x', MaxValueBytes / 4));

        cluster.Registry[$"kernel/lost/{agent.Id}"].Length.ShouldBeLessThan(MaxValueBytes);
        cluster.Notes.ShouldContain(note => note.StartsWith("3 tasks of the lost agent", StringComparison.Ordinal));
        RegistryLostTasks.Parser.ParseFrom(cluster.Registry[$"kernel/lost/{agent.Id}"]).Tasks.ShouldHaveSingleItem();
    }

    [Fact]
    public void An_end_fits_the_store_however_much_its_status_says()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        End(agent, framework, "t0").Statuses.Add(new TaskStatus
        {
            TaskId = new TaskID { Value = "t0" },
            State = TaskState.TaskFailed,
            Labels = new Labels { Labels_ = { new Label { Key = "large", Value = new string('x', MaxEndBytes) } } },
        });
        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(6));

        cluster.Registry[Keys(cluster, "ends").ShouldHaveSingleItem()].Length.ShouldBeLessThan(1000);
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t0", null));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskFailed);
    }

    [Fact]
    public void Entries_that_a_master_left_behind_between_two_transactions_count_for_nothing_and_go()
    {
        // 1. One agent with an end nobody acknowledged, another that is lost with a task.
        var (cluster, lost, framework) = Lost(static _ => { });
        var agent = cluster.AddAgent(hostname: "b.example");
        End(agent, framework, "ended");
        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(6));
        var stray = cluster.Registry.Where(entry => entry.Key.Contains("/ends/") || entry.Key.Contains("/lost/")).ToList();
        stray.Count.ShouldBe(2);

        // 2. The one is gone and the other back: of both only what they are was stored.
        lost.Return();
        cluster.Apply(new KernelCommand.MarkAgentGone(agent.Id));
        stray.ForEach(entry => cluster.Registry[entry.Key] = entry.Value);

        cluster.RestartMaster();
        var known = cluster.Snapshot.Frameworks.Single();
        (known.UnreachableTasks.Count, known.KeptEnds.Count).ShouldBe((0, 0));
        cluster.Apply(new KernelCommand.Tick());
        cluster.Registry.Keys.ShouldNotContain(key => key.Contains("/ends/") || key.Contains("/lost/"));

        // 3. The same of a framework that is removed.
        framework.Resubscribe();
        framework.Teardown();
        stray.ForEach(entry => cluster.Registry[entry.Key] = entry.Value);
        cluster.RestartMaster();
        cluster.Apply(new KernelCommand.Tick());
        Keys(cluster, "ends").ShouldBeEmpty();
    }

    [Fact]
    public void Removed_frameworks_beyond_a_bound_that_shrank_leave_the_registry()
    {
        var bound = 5;
        var cluster = new TestCluster(options => options with { MaxCompletedFrameworks = bound });
        for (var i = 0; i < 3; i++)
        {
            cluster.AddFramework($"f{i}").Teardown();
            cluster.Advance(TimeSpan.FromSeconds(1));
        }

        bound = 1;
        cluster.RestartMaster();
        cluster.Apply(new KernelCommand.Tick());

        Keys(cluster, "frameworks").ShouldBe([$"kernel/frameworks/{cluster.Snapshot.CompletedFrameworks.Single().Id}"]);
        cluster.Apply(new KernelCommand.Tick());
        cluster.LastEffects.OfType<KernelEffect.WriteRegistry>().ShouldBeEmpty();
    }

    /// <summary>Of an agent's report: a task that ended, was told and is not acknowledged.</summary>
    private static Task End(TestAgent agent, TestFramework framework, string id)
    {
        var task = new Task
        {
            Name = id,
            TaskId = new TaskID { Value = id },
            FrameworkId = framework.Id.ToWire(),
            AgentId = agent.Id.ToWire(),
            State = TaskState.TaskFailed,
            StatusUpdateState = TaskState.TaskFailed,
            StatusUpdateUuid = ByteString.CopyFromUtf8(id),
        };
        agent.Tasks.Add(task);
        return task;
    }

    /// <summary>An agent that is lost with four tasks.</summary>
    private static (TestCluster Cluster, TestAgent Agent, TestFramework Framework) Lost(Action<TaskInfo> with)
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("fw", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        var tasks = Enumerable.Range(0, 4).Select(i => TestFramework.Task(offer, $"t{i}")).ToArray();
        Array.ForEach(tasks, with);
        framework.Launch(offer, tasks);
        agent.BreakLink();
        cluster.Advance(TimeSpan.FromMinutes(10));
        cluster.Snapshot.UnreachableAgents.ShouldHaveSingleItem();
        return (cluster, agent, framework);
    }

    private static List<string> Keys(TestCluster cluster, string kind) =>
        [.. cluster.Registry.Keys.Where(key => key.StartsWith($"kernel/{kind}/", StringComparison.Ordinal))];
}
