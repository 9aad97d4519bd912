using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;
using Plenum.Protocol.V1;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;

namespace Plenum.Marathon.Tests.Core;

public sealed class CanaryTests
{
    private const string Old = "sleep 1000";
    private const string New = "sleep 2";
    private const string Newer = "sleep 3";
    private static readonly PathId Web = PathId.Parse("/web");

    [Fact]
    public void A_canary_starts_beside_the_old_ones_and_the_rest_waits_for_a_person()
    {
        var cluster = Updating(3, new CanaryStep(1));
        Turn(cluster);
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Old, New]);
        var canary = cluster.State.Deployments.ShouldHaveSingleItem().Canaries.ShouldHaveSingleItem();
        canary.ShouldBe(new CanaryProgress(Web, 1, 1, 1, 1, 1, WaitsForPromotion: true, GoesOnAt: null));
        cluster.EventsOf<MarathonEvent.CanariesReady>().ShouldHaveSingleItem();
        cluster.Pass(100_000);
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Old, New]);

        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Done>();
        Settle(cluster);
        Commands(cluster).ShouldBe([New, New, New]);
    }

    [Fact]
    public void Canaries_are_promoted_only_when_all_of_them_are_healthy()
    {
        var cluster = Updating(3, new CanaryStep(2));
        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Refused>().Reason.ShouldContain("of the 2 canaries of /web only 0 are ready");
        Turn(cluster);
        var fresh = cluster.Instances().Last();
        cluster.Report(fresh.TaskId, TaskState.TaskRunning, healthy: false);
        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Refused>().Reason.ShouldContain("only 1 are ready");
        cluster.Report(fresh.TaskId, TaskState.TaskRunning, healthy: true);
        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Done>();
        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Refused>().Reason.ShouldContain("no canaries");
        Settle(cluster);
    }

    [Fact]
    public void Of_those_that_end_meanwhile_each_starts_again_as_what_it_was()
    {
        var cluster = Updating(2, new CanaryStep(1));
        Turn(cluster);
        foreach (var instance in cluster.Instances())
        {
            cluster.Report(instance.TaskId, TaskState.TaskFailed);
        }

        cluster.Pass(2);
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, New]);
        cluster.Instances().ShouldAllBe(instance => instance.Condition == Condition.Running && instance.Incarnation == 2);
    }

    [Fact]
    public void An_old_one_that_is_given_up_is_replaced_by_another_old_one()
    {
        var cluster = Updating(2, new CanaryStep(1));
        Turn(cluster);
        cluster.Report(cluster.Instances()[0].TaskId, TaskState.TaskUnreachable);
        cluster.Pass(1);
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe([Old, New, Old]);
    }

    [Fact]
    public void A_canary_that_keeps_ending_does_not_hold_back_an_old_one()
    {
        var cluster = Updating(2, app => Asking(app, new CanaryStep(1)) with { BackoffSeconds = 100 });
        Turn(cluster);
        cluster.Report(cluster.Instances().Last().TaskId, TaskState.TaskFailed);
        cluster.State.Queue.Single().DelayedUntil.ShouldBeGreaterThan(cluster.Now);
        cluster.Report(cluster.Instances()[0].TaskId, TaskState.TaskFailed);
        cluster.Pass(1);
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe([Old, Old]);
    }

    [Fact]
    public void Steps_are_promoted_one_by_one_or_all_at_once()
    {
        var cluster = Updating(4, new CanaryStep(1), new CanaryStep(2));
        Turn(cluster);
        cluster.Order(DeploymentOrder.Promote);
        Turn(cluster);
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Old, Old, New, New]);
        cluster.State.Deployments.Single().Canaries.Single().Step.ShouldBe(2);

        var other = Updating(4, new CanaryStep(1), new CanaryStep(2));
        Turn(other);
        other.Order(DeploymentOrder.PromoteAll);
        Settle(other);
        Commands(other).ShouldBe([New, New, New, New]);
    }

    [Fact]
    public void A_step_that_promotes_itself_waits_until_its_canaries_were_ready_for_that_long_without_a_break()
    {
        var cluster = Updating(2, new CanaryStep(1) { AutoPromote = true, PauseSeconds = 100 });
        Turn(cluster);
        cluster.State.Deployments.Single().Canaries.Single().GoesOnAt.ShouldBe(cluster.Now + TimeSpan.FromSeconds(100));
        cluster.Pass(90);
        var canary = cluster.Instances().Last();
        cluster.Report(canary.TaskId, TaskState.TaskRunning, healthy: false);
        cluster.Report(canary.TaskId, TaskState.TaskRunning, healthy: true);
        cluster.Pass(99);
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, New]);
        cluster.Pass(1);
        Settle(cluster);
        Commands(cluster).ShouldBe([New, New]);
    }

    [Fact]
    public void What_was_promoted_and_paused_is_known_after_a_restart()
    {
        var cluster = Updating(3, new CanaryStep(1), new CanaryStep(2));
        Turn(cluster);
        cluster.Order(DeploymentOrder.Promote);
        cluster.Order(DeploymentOrder.Pause);
        cluster.Restart();
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Old, New, New]);
        cluster.State.Deployments.Single().IsPaused.ShouldBeTrue();
        cluster.Report(cluster.Instances()[0].TaskId, TaskState.TaskFailed);
        cluster.Restart();
        cluster.Pass(2);
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe([Old, Old, Old, New, New]);
        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Refused>().Reason.ShouldContain("paused");
        cluster.Order(DeploymentOrder.Resume);
        cluster.Order(DeploymentOrder.Promote).ShouldBeOfType<DeploymentOrderResult.Done>();
        Settle(cluster);
        Commands(cluster).ShouldBe([New, New, New]);
        cluster.Store.Keys.ShouldNotContain(key => key.StartsWith(StoreKeys.DeploymentStatesPrefix, StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_before_is_kept_up_though_its_version_left_the_history()
    {
        var cluster = Updating(2, [new CanaryStep(1)], new MarathonOptions { MaxVersions = 3 });
        Turn(cluster);
        for (var change = 0; change < 10; change++)
        {
            cluster.Change("/web", app => app with { UnreachableStrategy = new UnreachableStrategy { ExpungeAfterSeconds = 10 + change } });
        }

        cluster.State.FindVersion(Web, cluster.Instances()[0].Version).ShouldBeNull();
        cluster.Restart();
        cluster.Report(cluster.Instances()[0].TaskId, TaskState.TaskFailed);
        cluster.Pass(2);
        var task = cluster.GiveOffers(cluster.Offer()).ShouldHaveSingleItem();
        task.Command.Value.ShouldBe(Old);
    }

    [Fact]
    public void Taking_it_back_ends_the_canaries_and_nothing_else()
    {
        var cluster = Updating(3, new CanaryStep(1));
        Turn(cluster);
        var served = cluster.Instances().Take(3).Select(instance => instance.Id).ToList();
        cluster.Cancel(cluster.State.Deployments.Single().Plan.Id);
        cluster.EndKilled().ShouldBe(1);
        cluster.State.Deployments.ShouldBeEmpty();
        cluster.Instances().Select(instance => instance.Id).ShouldBe(served);
        cluster.State.Root.FindApp(Web)!.Cmd.ShouldBe(Old);

        // Nor does the next update take the survivors for new ones.
        cluster.Change("/web", app => Asking(app, new CanaryStep(1)) with { Cmd = Newer });
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Old, Newer]);
    }

    [Fact]
    public void Canaries_without_progress_go_back_by_themselves_but_not_while_they_wait_for_a_person()
    {
        var cluster = Updating(2, app => app with
        {
            UpgradeStrategy = app.UpgradeStrategy with { AutoRevert = true, ProgressDeadlineSeconds = 100, Canary = [new CanaryStep(1)] },
        });
        Turn(cluster);
        cluster.Pass(10_000);
        cluster.State.Root.FindApp(Web)!.Cmd.ShouldBe(New);
        cluster.Report(cluster.Instances().Last().TaskId, TaskState.TaskRunning, healthy: false);
        cluster.Pass(100);
        cluster.State.Root.FindApp(Web)!.Cmd.ShouldBe(Old);
        cluster.EndKilled();
        Commands(cluster).ShouldBe([Old, Old]);
        cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void Scaled_by_force_while_it_waits_the_old_version_grows_and_the_canary_stays()
    {
        var cluster = Updating(2, new CanaryStep(1));
        Turn(cluster);
        var canary = cluster.Instances().Last().Id;
        cluster.Change("/web", app => app with { Instances = 4 }).ShouldBeOfType<RootUpdateResult.Conflict>();
        cluster.Change("/web", app => app with { Instances = 4 }, force: true).ShouldBeOfType<RootUpdateResult.Deployed>();
        Turn(cluster);
        Turn(cluster);
        Commands(cluster, Condition.Running).Order().ShouldBe([Old, Old, Old, Old, New], ignoreOrder: true);
        cluster.Instances().ShouldContain(instance => instance.Id == canary);
        cluster.Restart();
        Turn(cluster);

        // And it is taken back to what was before the update, not to the canary.
        cluster.Cancel(cluster.State.Deployments.Single().Plan.Id);
        Settle(cluster);
        Commands(cluster).ShouldBe([Old, Old]);
    }

    [Fact]
    public void Scaled_by_force_in_its_second_step_it_stays_there_paused()
    {
        var cluster = Updating(3, new CanaryStep(1), new CanaryStep(2));
        Turn(cluster);
        cluster.Order(DeploymentOrder.Promote);
        Turn(cluster);
        cluster.Order(DeploymentOrder.Pause);
        cluster.Change("/web", app => app with { Instances = 2 }, force: true);
        var deployment = cluster.State.Deployments.Single();
        deployment.IsPaused.ShouldBeTrue();
        deployment.Canaries.Single().Step.ShouldBe(2);
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe([Old, Old, New, New], ignoreOrder: true);
    }

    [Fact]
    public void Another_update_by_force_replaces_the_canary_and_keeps_what_was_before_it()
    {
        var cluster = Updating(2, new CanaryStep(1));
        Turn(cluster);
        cluster.Change("/web", app => app with { Cmd = Newer }, force: true);
        Turn(cluster);
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Newer]);
        cluster.Report(cluster.Instances()[0].TaskId, TaskState.TaskFailed);
        cluster.Pass(2);
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe([Old, Old, Newer]);
        cluster.Order(DeploymentOrder.Promote);
        Settle(cluster);
        Commands(cluster).ShouldBe([Newer, Newer]);
    }

    [Fact]
    public void Removed_while_it_waits_everything_ends()
    {
        var cluster = Updating(2, new CanaryStep(1));
        Turn(cluster);
        cluster.Remove("/web").ShouldBeOfType<RootUpdateResult.Conflict>();
        cluster.Remove("/web", force: true).ShouldBeOfType<RootUpdateResult.Deployed>();
        cluster.EndKilled().ShouldBe(3);
        cluster.State.Apps.ShouldBeEmpty();
        cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void Blue_and_green_stand_side_by_side_until_the_promotion_ends_blue_at_once()
    {
        var cluster = Updating(3, new CanaryStep(3));
        Turn(cluster);
        Commands(cluster).ShouldBe([Old, Old, Old, New, New, New]);
        cluster.Order(DeploymentOrder.Promote);
        cluster.EndKilled().ShouldBe(3);
        cluster.State.Deployments.ShouldBeEmpty();
        Commands(cluster).ShouldBe([New, New, New]);
    }

    [Fact]
    public void A_rolling_update_that_is_paused_goes_no_further_and_loses_nothing()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(App(Old, 4) with { UpgradeStrategy = new UpgradeStrategy(1, 0) });
        Settle(cluster);
        cluster.Change("/web", app => app with { Cmd = New });
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe([Old, Old, Old, New]);
        cluster.Order(DeploymentOrder.Pause);
        for (var turn = 0; turn < 5; turn++)
        {
            Turn(cluster);
        }

        var before = Commands(cluster, Condition.Running);
        before.Count(command => command == Old).ShouldBeGreaterThan(1);
        cluster.Report(cluster.Instances().First(instance => Command(cluster, instance) == Old).TaskId, TaskState.TaskFailed);
        cluster.Pass(2);
        Turn(cluster);
        Commands(cluster, Condition.Running).ShouldBe(before, ignoreOrder: true);
        cluster.Order(DeploymentOrder.Resume);
        Settle(cluster);
        Commands(cluster).ShouldBe([New, New, New, New]);
    }

    [Fact]
    public void A_paused_deployment_begins_no_next_step_and_keeps_up_what_the_steps_before_made()
    {
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) => root
            .WithApp(App(Old, 1, "/db"), version)
            .WithApp(App(Old) with { Dependencies = [PathId.Parse("/db")] }, version));
        cluster.Order(DeploymentOrder.Pause);
        cluster.GiveOffers(cluster.Offer());
        cluster.Report(cluster.Instances("/db").Single().TaskId, TaskState.TaskRunning, healthy: true);
        cluster.Instances().ShouldBeEmpty();
        cluster.Kill(new KillTasks([cluster.Instances("/db").Single().Id]) { Wipe = true });
        cluster.EndKilled();
        cluster.Instances("/db").ShouldHaveSingleItem().Condition.ShouldBe(Condition.Scheduled);
        cluster.Restart();
        cluster.Instances().ShouldBeEmpty();
        cluster.Order(DeploymentOrder.Resume);
        Settle(cluster);
        cluster.Instances().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_restart_of_the_same_definition_and_a_first_deployment_need_no_canary()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(Asking(App(Old, 2), new CanaryStep(1)));
        Settle(cluster);
        cluster.Update((root, _) => root, restart: "/web");
        Settle(cluster);
    }

    private static AppDefinition App(string command, int instances = 1, string id = "/web") => CoreHarness.App(id, instances) with
    {
        Cmd = command,
        HealthChecks = [new HealthCheck { Protocol = HealthCheckProtocol.Command, Command = "true" }],
    };

    private static AppDefinition Asking(AppDefinition app, params CanaryStep[] steps) =>
        app with { UpgradeStrategy = app.UpgradeStrategy with { Canary = [.. steps] } };

    private static CoreHarness Updating(int instances, params CanaryStep[] steps) => Updating(instances, steps, null);

    private static CoreHarness Updating(int instances, CanaryStep[] steps, MarathonOptions? options) =>
        Updating(instances, app => Asking(app, steps), options);

    /// <summary>All instances of the old version run, and an update has just begun.</summary>
    private static CoreHarness Updating(int instances, Func<AppDefinition, AppDefinition> change, MarathonOptions? options = null)
    {
        var cluster = CoreHarness.Connected(options);
        cluster.Put(App(Old, instances));
        Settle(cluster);
        cluster.Events.Clear();
        cluster.Calls.Clear();
        cluster.Change("/web", app => change(app) with { Cmd = New }).ShouldBeOfType<RootUpdateResult.Deployed>();
        return cluster;
    }

    /// <summary>What may start starts and is healthy, and what was killed ends.</summary>
    private static void Turn(CoreHarness cluster)
    {
        cluster.GiveOffers(cluster.Offer());
        foreach (var app in cluster.State.Apps.Keys.Order())
        {
            foreach (var instance in cluster.Instances(app.Text).Where(instance => instance.Condition is Condition.Provisioned or Condition.Running))
            {
                cluster.Report(instance.TaskId, TaskState.TaskRunning, healthy: true);
            }
        }

        cluster.EndKilled();
    }

    private static void Settle(CoreHarness cluster)
    {
        for (var turn = 0; turn < 20 && !cluster.State.Deployments.IsEmpty; turn++)
        {
            Turn(cluster);
        }

        cluster.State.Deployments.ShouldBeEmpty();
    }

    private static List<string?> Commands(CoreHarness cluster, Condition? condition = null) =>
        [.. cluster.Instances().Where(instance => condition is null || instance.Condition == condition).Select(instance => Command(cluster, instance))];

    private static string? Command(CoreHarness cluster, Instance instance) =>
        ((AppDefinition)cluster.State.DefinitionOf(instance)!).Cmd;
}
