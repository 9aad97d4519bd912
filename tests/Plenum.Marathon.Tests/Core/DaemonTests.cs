using System.Globalization;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Tests.Core;

public sealed class DaemonTests
{
    private static readonly PathId Web = PathId.Parse("/web");
    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Fact]
    public void One_starts_on_every_agent_and_on_those_that_join()
    {
        _cluster.Put(Daemon());
        _cluster.State.Deployments.ShouldHaveSingleItem();
        Turn(1, 2, 3);
        Turn(1, 2, 3);
        _cluster.State.Deployments.ShouldBeEmpty();
        Agents().ShouldBe([1, 2, 3]);
        _cluster.State.Root.FindApp(Web)!.Instances.ShouldBe(3);
        Turn(4);
        Agents().ShouldBe([1, 2, 3, 4]);
        _cluster.State.Root.FindApp(Web)!.Instances.ShouldBe(4);
        _cluster.State.VersionsOf(Web).ShouldHaveSingleItem().Instances.ShouldBe(4);
    }

    [Fact]
    public void Offers_are_wanted_for_as_long_as_there_is_one()
    {
        Converge(1);
        _cluster.CallsOf(Call.Types.Type.Suppress).ShouldBeEmpty();
        _cluster.Remove("/web");
        _cluster.EndKilled();
        _cluster.CallsOf(Call.Types.Type.Suppress).ShouldHaveSingleItem();
    }

    [Fact]
    public void Constraints_choose_the_agents()
    {
        _cluster.Put(Daemon() with { Constraints = [new Constraint("hostname", ConstraintOperator.Unlike, "agent-2.*")] });
        Turn(1, 2, 3);
        Turn(1, 2, 3);
        Agents().ShouldBe([1, 3]);
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.State.Queue.ShouldBeEmpty();
    }

    [Fact]
    public void An_agent_without_room_has_one_that_waits_and_says_why()
    {
        Converge(1, 2);
        _cluster.GiveOffers(_cluster.Offer("agent-3", cpus: 0.01));
        _cluster.GiveOffers(_cluster.Offer("agent-1"), _cluster.Offer("agent-2"), _cluster.Offer("agent-3", cpus: 0.01)).ShouldBeEmpty();
        var waiting = _cluster.State.Queue.ShouldHaveSingleItem();
        waiting.Count.ShouldBe(1);
        waiting.Spec.Instances.ShouldBe(3);
        waiting.RejectSummaryLastOffers.Where(row => row.Declined > 0).ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(row => row.Reason.ShouldBe(RejectReason.InsufficientCpus), row => row.Declined.ShouldBe(1));
        Turn(3);
        Agents().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void What_waited_for_an_agent_that_is_lost_waits_no_more()
    {
        Converge(1);
        _cluster.GiveOffers(_cluster.Offer("agent-2", cpus: 0.01));
        _cluster.State.Queue.ShouldHaveSingleItem();
        _cluster.Lose("agent-2");
        _cluster.State.Queue.ShouldBeEmpty();
        Agents().ShouldBe([1]);
    }

    [Fact]
    public void A_lost_agent_keeps_its_place_until_its_instance_is_given_up_and_returns_with_the_agent()
    {
        _cluster.Put(Daemon() with { UnreachableStrategy = new UnreachableStrategy { InactiveAfterSeconds = 60, ExpungeAfterSeconds = 600 } });
        Turn(1, 2);
        Turn(1, 2);
        var lost = _cluster.Instances().Single(instance => instance.Place!.AgentId == "agent-2");
        _cluster.Lose("agent-2");
        _cluster.Report(lost.TaskId, TaskState.TaskUnreachable, agent: "agent-2");
        _cluster.State.Root.FindApp(Web)!.Instances.ShouldBe(2);
        _cluster.Pass(60);
        _cluster.State.Root.FindApp(Web)!.Instances.ShouldBe(1);
        _cluster.State.Queue.ShouldBeEmpty();

        // It was not gone: of the two that it has then, one goes.
        Turn(2);
        _cluster.Report(lost.TaskId, TaskState.TaskRunning, agent: "agent-2");
        _cluster.EndKilled();
        Agents().ShouldBe([1, 2]);
        _cluster.Lose("agent-2");
        var other = _cluster.Instances().Single(instance => instance.Place!.AgentId == "agent-2");
        _cluster.Report(other.TaskId, TaskState.TaskGone, agent: "agent-2");
        _cluster.Instances().ShouldHaveSingleItem();
        _cluster.State.Queue.ShouldBeEmpty();
    }

    [Fact]
    public void An_update_ends_each_before_the_next_of_the_same_agent_starts()
    {
        Converge(1, 2, 3, 4);
        _cluster.Calls.Clear();
        _cluster.Change("/web", app => app with { Cmd = "sleep 2" });

        // Half of them may be missing at a time, and nothing starts beside an old one.
        _cluster.CallsOf(Call.Types.Type.Kill).Count.ShouldBe(2);
        _cluster.GiveOffers(Offers(1, 2, 3, 4)).ShouldBeEmpty();
        for (var turn = 0; turn < 10; turn++)
        {
            _cluster.EndKilled();
            Turn(1, 2, 3, 4);
            _cluster.Instances().Where(instance => instance.Condition.HasTask())
                .GroupBy(instance => instance.Place!.AgentId).ShouldAllBe(group => group.Count() == 1);
        }

        _cluster.State.Deployments.ShouldBeEmpty();
        Agents().ShouldBe([1, 2, 3, 4]);
        _cluster.Instances().ShouldAllBe(instance => instance.IsCurrent(_cluster.State.Root.FindApp(Web)!));
    }

    [Fact]
    public void The_only_agent_of_a_cluster_can_be_updated()
    {
        Converge(1);
        _cluster.Change("/web", app => app with { Cmd = "sleep 2" });
        _cluster.EndKilled().ShouldBe(1);
        Turn(1);
        _cluster.State.Deployments.ShouldBeEmpty();
        Agents().ShouldBe([1]);
    }

    [Fact]
    public void An_agent_that_joins_while_canaries_wait_gets_the_old_version()
    {
        Converge(1, 2);
        _cluster.Change("/web", app => app with { Cmd = "sleep 2", UpgradeStrategy = app.UpgradeStrategy with { Canary = [new CanaryStep(1)] } });
        _cluster.EndKilled().ShouldBe(1);
        Turn(1, 2);
        _cluster.State.Deployments.Single().Canaries.Single().WaitsForPromotion.ShouldBeTrue();
        Turn(1, 2, 3);
        Agents().ShouldBe([1, 2, 3]);
        var current = _cluster.State.Root.FindApp(Web)!;
        _cluster.Instances().Count(instance => instance.IsCurrent(current)).ShouldBe(1);
        _cluster.Order(DeploymentOrder.Promote);
        for (var turn = 0; turn < 5; turn++)
        {
            _cluster.EndKilled();
            Turn(1, 2, 3);
        }

        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances().ShouldAllBe(instance => instance.IsCurrent(current));
    }

    [Fact]
    public void After_a_restart_nothing_ends_before_the_agents_are_known_again()
    {
        Converge(1, 2, 3);
        _cluster.Change("/web", app => app with { Cmd = "sleep 2" });
        _cluster.Calls.Clear();
        _cluster.Restart();
        _cluster.State.Root.FindApp(Web)!.Instances.ShouldBe(3);
        _cluster.EndKilled();
        for (var turn = 0; turn < 10; turn++)
        {
            Turn(1, 2, 3);
            _cluster.EndKilled();
        }

        _cluster.State.Deployments.ShouldBeEmpty();
        Agents().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void It_is_not_scaled_by_a_kill()
    {
        Converge(1, 2);
        var kill = new KillTasks([_cluster.Instances()[0].Id]) { Scale = true };
        _cluster.Kill(kill).ShouldBeOfType<KillTasksResult.Scaled>().Result.ShouldBeOfType<RootUpdateResult.Invalid>();
        _cluster.Kill(kill with { Scale = false });
        _cluster.EndKilled().ShouldBe(1);
        Turn(1, 2);
        Agents().ShouldBe([1, 2]);
    }

    [Fact]
    public void A_definition_that_is_sent_again_as_it_is_shown_changes_nothing()
    {
        Converge(1, 2);
        var steps = _cluster.Change("/web", app => app with { Instances = 0 }).ShouldBeOfType<RootUpdateResult.Deployed>().Plan.Steps;
        steps.ShouldBeEmpty();
        _cluster.State.Root.FindApp(Web)!.Instances.ShouldBe(2);
    }

    private static AppDefinition Daemon() => CoreHarness.App() with { IsDaemon = true, UpgradeStrategy = UpgradeStrategy.Daemon };

    private Offer[] Offers(params int[] agents) =>
        [.. agents.Select(agent => _cluster.Offer(string.Create(CultureInfo.InvariantCulture, $"agent-{agent}")))];

    /// <summary>The agents make offers, and what starts runs.</summary>
    private void Turn(params int[] agents)
    {
        foreach (var task in _cluster.GiveOffers(Offers(agents)))
        {
            _cluster.Report(task.TaskId.Value, TaskState.TaskRunning, agent: task.AgentId.Value);
        }
    }

    private void Converge(params int[] agents)
    {
        _cluster.Put(Daemon());
        Turn(agents);
        Turn(agents);
        Agents().ShouldBe(agents);
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Calls.Clear();
    }

    private List<int> Agents() =>
        [.. _cluster.Instances()
            .Where(instance => instance.Condition == Condition.Running)
            .Select(instance => int.Parse(instance.Place!.AgentId.Split('-')[1], CultureInfo.InvariantCulture))
            .Order()];
}
