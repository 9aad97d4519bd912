using Plenum.Agent.Book;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

public sealed class CheckTests
{
    [Fact]
    public void The_first_check_waits_the_delay_and_the_next_one_the_interval_after_the_answer()
    {
        var world = Healthy(static _ => { });
        world.Pass(TimeSpan.FromSeconds(14));
        world.Effects.OfType<AgentEffect.StartCheck>().ShouldBeEmpty();
        world.Pass(TimeSpan.FromSeconds(1));
        var run = Run(world);
        world.Pass(TimeSpan.FromSeconds(30));
        world.Effects.OfType<AgentEffect.StartCheck>().ShouldBeEmpty("the first has not answered");
        world.Apply(new AgentCommand.CheckFinished(run, CheckOutcome.Exited(0)));
        world.Pass(TimeSpan.FromSeconds(9));
        world.Effects.OfType<AgentEffect.StartCheck>().ShouldBeEmpty();
        world.Pass(TimeSpan.FromSeconds(1));
        world.Effects.OfType<AgentEffect.StartCheck>().ShouldHaveSingleItem();
    }

    [Fact]
    public void The_first_success_and_each_failure_are_told_further_successes_are_not()
    {
        var world = Healthy(static check => check.GracePeriodSeconds = 0);
        Answer(world, CheckOutcome.Exited(0));
        world.ShouldReport(TaskState.TaskRunning, Reason.TaskHealthCheckStatusUpdated);
        world.Updates()[0].Healthy.ShouldBeTrue();
        world.Acknowledge(world.Updates()[0]);
        Answer(world, CheckOutcome.Http(399));
        world.Updates().ShouldBeEmpty();
        Answer(world, CheckOutcome.Http(400));
        world.Updates().Single().Healthy.ShouldBeFalse();
        world.Acknowledge(world.Updates()[0]);
        Answer(world, CheckOutcome.Failed("timed out"));
        world.Updates().Single().Message.ShouldBe("timed out");
    }

    [Fact]
    public void Failures_count_only_after_the_grace_period_and_a_success_resets_them()
    {
        var world = Healthy(static check =>
        {
            check.GracePeriodSeconds = 20;
            check.ConsecutiveFailures = 2;
        });
        Answer(world, CheckOutcome.Exited(1));
        world.Effects.ShouldNotContain(static effect => effect is AgentEffect.SendToMaster, "the grace period runs");
        Answer(world, CheckOutcome.Exited(1));
        world.Signals().ShouldBeEmpty();
        Answer(world, CheckOutcome.Exited(0));
        Answer(world, CheckOutcome.Exited(1));
        world.Signals().ShouldBeEmpty();
        Answer(world, CheckOutcome.Exited(1));
        world.Signals().ShouldHaveSingleItem().Signal.ShouldBe(15);
    }

    [Fact]
    public void A_task_killed_for_its_health_says_that_it_was_not_healthy()
    {
        var world = Healthy(static check =>
        {
            check.GracePeriodSeconds = 0;
            check.ConsecutiveFailures = 1;
        });
        Answer(world, CheckOutcome.Tcp(connected: false));
        world.AcknowledgeAllOf("t");
        world.Exited(world.Snapshot.Executors.Single().Executor.Container, 15);
        world.ShouldReport(TaskState.TaskKilled);
        world.Updates()[0].Healthy.ShouldBeFalse();
    }

    [Fact]
    public void With_zero_consecutive_failures_the_first_one_kills()
    {
        var world = Healthy(static check =>
        {
            check.GracePeriodSeconds = 0;
            check.ConsecutiveFailures = 0;
        });
        Answer(world, CheckOutcome.Exited(1));
        world.Signals().ShouldHaveSingleItem().Signal.ShouldBe(15);
    }

    [Fact]
    public void A_check_shows_an_empty_result_from_the_first_running_on_and_tells_changes_only()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t", static task => task.Check = new CheckInfo
        {
            Type = CheckInfo.Types.Type.Http,
            Http = new CheckInfo.Types.Http { Port = 1 },
        }));
        var running = world.Snapshot.Executors.Single().Executor.Tasks.Single().Task.Statuses[^1];
        running.CheckStatus.Http.ShouldNotBeNull();
        running.CheckStatus.Http.HasStatusCode.ShouldBeFalse();
        world.AcknowledgeAllOf("t");
        Answer(world, CheckOutcome.Http(500));
        world.ShouldReport(TaskState.TaskRunning, Reason.TaskCheckStatusUpdated);
        world.Updates()[0].CheckStatus.Http.StatusCode.ShouldBe(500u);
        world.Acknowledge(world.Updates()[0]);
        Answer(world, CheckOutcome.Http(500));
        world.Updates().ShouldBeEmpty();
        Answer(world, CheckOutcome.Failed("The check timed out"));
        var late = world.Updates().ShouldHaveSingleItem();
        late.CheckStatus.Http.HasStatusCode.ShouldBeFalse("as before the first run");
        late.Message.ShouldBe("The check timed out");
        world.Signals().ShouldBeEmpty("a check only reports");
    }

    /// <summary>Found by CI: a starting agent on a busy machine let every check of an app time out at once.</summary>
    [Fact]
    public void After_a_restart_one_failure_does_not_make_a_healthy_task_unhealthy_but_two_do()
    {
        var (world, _) = RestartedHealthy();
        Answer(world, CheckOutcome.Failed("timed out"));
        world.Updates().ShouldBeEmpty();
        world.Signals().ShouldBeEmpty();
        Answer(world, CheckOutcome.Failed("timed out again"));
        world.Updates().Single().Healthy.ShouldBeFalse();
        world.Signals().ShouldHaveSingleItem("the check allows one failure in a row");
    }

    [Fact]
    public void After_a_restart_a_success_is_no_news_and_the_next_failure_counts_at_once()
    {
        var (world, _) = RestartedHealthy();
        Answer(world, CheckOutcome.Exited(0));
        world.Updates().ShouldBeEmpty("it was told before the restart");
        Answer(world, CheckOutcome.Exited(1));
        world.Updates().Single().Healthy.ShouldBeFalse();
    }

    [Fact]
    public void After_a_restart_the_checks_of_healthy_tasks_do_not_run_all_at_once()
    {
        var (world, tasks) = RestartedHealthy(tasks: 8);
        world.Pass(TimeSpan.Zero);
        world.Effects.OfType<AgentEffect.StartCheck>().ShouldBeEmpty();
        var most = 0;
        var all = 0;
        for (var second = 0; second < 10; second++)
        {
            world.Pass(TimeSpan.FromSeconds(1));
            var now = world.Effects.OfType<AgentEffect.StartCheck>().Count();
            (most, all) = (Math.Max(most, now), all + now);
        }

        all.ShouldBe(tasks, "each within its interval");
        most.ShouldBeLessThanOrEqualTo(2);
    }

    /// <summary>Tasks that were healthy before the agent's restart.</summary>
    private static (BookWorld World, int Tasks) RestartedHealthy(int tasks = 1)
    {
        var world = BookWorld.Registered();
        var containers = new List<RecoveredContainer>();
        for (var i = 0; i < tasks; i++)
        {
            var id = $"t{i}";
            var launch = world.RunUp(BookWorld.Task(id, static task => task.HealthCheck = new HealthCheck
            {
                Type = HealthCheck.Types.Type.Command,
                Command = new CommandInfo { Value = "true" },
                DelaySeconds = 0,
                GracePeriodSeconds = 0,
                ConsecutiveFailures = 1,
            }));
            world.AcknowledgeAllOf(id);
            world.Pass(TimeSpan.Zero);
            world.Apply(new AgentCommand.CheckFinished(Run(world), CheckOutcome.Exited(0)));
            world.AcknowledgeAllOf(id);
            containers.Add(new RecoveredContainer(launch.Container, 42, End: null));
        }

        world.Restart(null, [.. containers]);
        world.Register();
        return (world, tasks);
    }

    private static BookWorld Healthy(Action<HealthCheck> more)
    {
        var world = BookWorld.Registered();
        var check = new HealthCheck { Type = HealthCheck.Types.Type.Command, Command = new CommandInfo { Value = "true" } };
        more(check);
        world.RunUp(BookWorld.Task("t", task => task.HealthCheck = check));
        world.AcknowledgeAllOf("t");
        return world;
    }

    private static CheckRun Run(BookWorld world) => world.Effects.OfType<AgentEffect.StartCheck>().Single().Run;

    /// <summary>Passes time to the next check and answers it.</summary>
    private static void Answer(BookWorld world, CheckOutcome outcome)
    {
        while (!world.Effects.OfType<AgentEffect.StartCheck>().Any())
        {
            world.Master(new Protocol.Link.V1.MasterMessage
            {
                Ping = new Protocol.Link.V1.MasterMessage.Types.Ping { Sequence = 1, Connected = true },
            });
            world.Pass(TimeSpan.FromSeconds(1));
        }

        world.Apply(new AgentCommand.CheckFinished(Run(world), outcome));
    }
}
