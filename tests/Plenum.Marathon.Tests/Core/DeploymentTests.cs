using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using VersionInfo = Plenum.Marathon.Definitions.VersionInfo;

namespace Plenum.Marathon.Tests.Core;

public sealed class DeploymentTests
{
    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Fact]
    public void A_new_app_revives_launches_runs_and_ends_its_deployment()
    {
        var deployed = _cluster.Put(CoreHarness.App(instances: 2));

        _cluster.CallsOf(Call.Types.Type.Revive).Count.ShouldBe(1);
        _cluster.State.Deployments.Single().Plan.Id.ShouldBe(deployed.DeploymentId);
        var tasks = _cluster.GiveOffers(_cluster.Offer());
        tasks.Count.ShouldBe(2);
        _cluster.CallsOf(Call.Types.Type.Suppress).Count.ShouldBe(1);

        _cluster.Report(tasks[0].TaskId.Value, TaskState.TaskRunning);
        _cluster.EventsOf<MarathonEvent.DeploymentSuccess>().ShouldBeEmpty();
        _cluster.Report(tasks[1].TaskId.Value, TaskState.TaskRunning);

        _cluster.EventsOf<MarathonEvent.DeploymentSuccess>().Single().Plan.Id.ShouldBe(deployed.DeploymentId);
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Store.Keys.ShouldNotContain(key => key.StartsWith("marathon/deployments/", StringComparison.Ordinal));
    }

    [Fact]
    public void Steps_are_start_then_scale_and_are_announced_in_order()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.RunAll();
        _cluster.Events
            .Where(happened => happened is MarathonEvent.GroupChangeSuccess or MarathonEvent.DeploymentInfo
                or MarathonEvent.DeploymentStepSuccess or MarathonEvent.DeploymentSuccess)
            .Select(happened => happened.Type)
            .ShouldBe([
                "group_change_success", "deployment_info", "deployment_step_success", "deployment_info",
                "deployment_step_success", "deployment_success"]);
        _cluster.EventsOf<MarathonEvent.DeploymentInfo>()
            .Select(info => info.CurrentStep!.Actions.Single().Kind)
            .ShouldBe([ActionKind.Start, ActionKind.Scale]);
    }

    [Fact]
    public void The_same_definition_again_is_an_empty_plan_and_keeps_version_and_instances()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.RunAll();
        var before = _cluster.State.Root.FindApp(PathId.Parse("/web"))!;

        var again = _cluster.Change("/web", app => app with { Version = default, VersionInfo = null })
            .ShouldBeOfType<RootUpdateResult.Deployed>();

        again.Plan.Steps.ShouldBeEmpty();
        _cluster.State.Root.FindApp(PathId.Parse("/web")).ShouldBe(before);
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void Version_info_tells_scaling_configuration_and_restart_apart()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.RunAll();
        var created = Current();
        created.VersionInfo.ShouldBe(new VersionInfo(created.Version, created.Version));

        _cluster.Pass(1);
        _cluster.Change("/web", app => app with { Instances = 2 });
        _cluster.RunAll();
        var scaled = Current();
        scaled.Version.ShouldBeGreaterThan(created.Version);
        scaled.VersionInfo.ShouldBe(new VersionInfo(scaled.Version, created.Version));

        _cluster.Pass(1);
        _cluster.Update((root, _) => root, restart: "/web");
        var restarted = Current();
        restarted.VersionInfo.ShouldBe(new VersionInfo(scaled.Version, restarted.Version));
        _cluster.State.Deployments.Single().Plan.Steps.Single().Actions.Single().Kind.ShouldBe(ActionKind.Restart);

        AppDefinition Current() => _cluster.State.Root.FindApp(PathId.Parse("/web"))!;
    }

    [Fact]
    public void Scaling_up_does_not_replace_instances_of_the_version_before()
    {
        _cluster.Put(CoreHarness.App());
        var first = _cluster.RunAll().Single();
        _cluster.Change("/web", app => app with { Instances = 3 });
        _cluster.RunAll().Count.ShouldBe(2);
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances().Select(instance => instance.TaskId).ShouldContain(first.TaskId.Value);
        _cluster.CallsOf(Call.Types.Type.Kill).ShouldBeEmpty();
    }

    [Fact]
    public void Scaling_down_kills_the_youngest_first_and_ends_with_their_deaths()
    {
        _cluster.Put(CoreHarness.App(instances: 1));
        var oldest = _cluster.RunAll().Single();
        _cluster.Pass(60);
        _cluster.Change("/web", app => app with { Instances = 3 });
        _cluster.RunAll();
        _cluster.Change("/web", app => app with { Instances = 1 });

        var killed = _cluster.CallsOf(Call.Types.Type.Kill).Select(call => call.Kill.TaskId.Value).ToList();
        killed.Count.ShouldBe(2);
        killed.ShouldNotContain(oldest.TaskId.Value);
        _cluster.State.Deployments.Length.ShouldBe(1);
        _cluster.EndKilled();
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances().Single().TaskId.ShouldBe(oldest.TaskId.Value);
    }

    [Fact]
    public void A_locked_app_refuses_changes_and_names_the_deployment()
    {
        var first = _cluster.Put(CoreHarness.App());
        var second = _cluster.Change("/web", app => app with { Cmd = "sleep 2000" });
        second.ShouldBeOfType<RootUpdateResult.Conflict>().Deployments.ShouldBe([first.DeploymentId]);
        _cluster.State.Root.FindApp(PathId.Parse("/web"))!.Cmd.ShouldBe("sleep 1000");

        // Another app is another lock.
        _cluster.Put(CoreHarness.App("/other"));
        _cluster.State.Deployments.Length.ShouldBe(2);
    }

    [Fact]
    public void Force_cancels_what_is_in_the_way_and_accounts_for_what_it_started()
    {
        var first = _cluster.Put(CoreHarness.App(instances: 3));
        var launched = _cluster.GiveOffers(_cluster.Offer());
        _cluster.Report(launched[0].TaskId.Value, TaskState.TaskRunning);

        var second = _cluster.Change("/web", app => app with { Instances = 2 }, force: true)
            .ShouldBeOfType<RootUpdateResult.Deployed>();

        _cluster.EventsOf<MarathonEvent.DeploymentFailed>().Single().Plan.Id.ShouldBe(first.DeploymentId);
        _cluster.EndKilled().ShouldBe(1);
        foreach (var instance in _cluster.Instances())
        {
            _cluster.Report(instance.TaskId, TaskState.TaskRunning);
        }

        _cluster.EventsOf<MarathonEvent.DeploymentSuccess>().Single().Plan.Id.ShouldBe(second.DeploymentId);
        _cluster.Instances().Count.ShouldBe(2);
    }

    [Fact]
    public void Cancelling_rolls_back_in_a_new_deployment()
    {
        _cluster.Put(CoreHarness.App(instances: 2));
        _cluster.RunAll();
        var served = _cluster.Instances().Select(instance => instance.Id).ToList();
        var broken = _cluster.Change("/web", app => app with { Cmd = "false" }).ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.GiveOffers(_cluster.Offer());

        var rollback = _cluster.Cancel(broken.DeploymentId).ShouldBeOfType<RootUpdateResult.Deployed>();

        rollback.DeploymentId.ShouldNotBe(broken.DeploymentId);
        _cluster.State.Root.FindApp(PathId.Parse("/web"))!.Cmd.ShouldBe("sleep 1000");
        _cluster.EventsOf<MarathonEvent.DeploymentFailed>().Single().Plan.Id.ShouldBe(broken.DeploymentId);
        Finish(_cluster);

        // What ran all the time runs what came back: nobody replaces it.
        _cluster.Instances().Select(instance => instance.Id).ShouldBe(served);
        _cluster.Instances().ShouldAllBe(instance => instance.IsCurrent(_cluster.State.Root.FindApp(PathId.Parse("/web"))!));
    }

    [Fact]
    public void A_rollback_leaves_alone_what_others_changed_meanwhile()
    {
        var group = _cluster.Update((root, version) => root
            .WithApp(CoreHarness.App("/g/one"), version)
            .WithApp(CoreHarness.App("/g/two"), version)).ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.Change("/g/two", app => app with { Cmd = "sleep 5" }, force: true);
        _cluster.Put(CoreHarness.App("/elsewhere"));

        // The forced change of /g/two ended the group's deployment: there is nothing left to cancel.
        _cluster.Cancel(group.DeploymentId).ShouldBeOfType<RootUpdateResult.NotFound>();
        var elsewhere = _cluster.State.Deployments.Last().Plan.Id;
        _cluster.Cancel(elsewhere).ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.State.Root.AllApps.Select(app => app.Id.Text).ShouldBe(["/g/one", "/g/two"], ignoreOrder: true);
        _cluster.State.Root.FindApp(PathId.Parse("/g/two"))!.Cmd.ShouldBe("sleep 5");
    }

    [Fact]
    public void Rolling_back_a_new_group_removes_it_again()
    {
        var made = _cluster.Update((root, version) => root.WithApp(CoreHarness.App("/a/b/c"), version))
            .ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.Cancel(made.DeploymentId);
        _cluster.State.Root.IsEmpty.ShouldBeTrue();
        Finish(_cluster);
        _cluster.State.Apps.ShouldBeEmpty();
    }

    [Fact]
    public void Abandoning_by_force_changes_nothing_but_the_lock()
    {
        var deployed = _cluster.Put(CoreHarness.App());
        _cluster.Cancel(deployed.DeploymentId, force: true).ShouldBeOfType<RootUpdateResult.Abandoned>();
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.State.Root.FindApp(PathId.Parse("/web")).ShouldNotBeNull();
        _cluster.Cancel("nobody").ShouldBeOfType<RootUpdateResult.NotFound>();
    }

    [Fact]
    public void Dependencies_start_first_and_removed_apps_stop_before_anything_starts()
    {
        _cluster.Put(CoreHarness.App("/old"));
        _cluster.RunAll();
        var plan = _cluster.Update(
            (root, version) => root
                .WithoutApp(PathId.Parse("/old"), version)
                .WithApp(CoreHarness.App("/g/web") with { Dependencies = [PathId.Parse("/db")] }, version)
                .WithApp(CoreHarness.App("/db"), version)
                .WithApp(CoreHarness.App("/g/front") with { Dependencies = [PathId.Parse("/g/web")] }, version),
            dryRun: true).ShouldBeOfType<RootUpdateResult.Planned>().Plan;

        plan.Steps.Select(step => string.Join(' ', step.Actions.Select(action => $"{action.Kind} {action.App}")))
            .ShouldBe(["Stop /old", "Start /db Start /g/front Start /g/web", "Scale /db", "Scale /g/web", "Scale /g/front"]);
        _cluster.State.Root.FindApp(PathId.Parse("/db")).ShouldBeNull("a dry run changes nothing");
    }

    [Fact]
    public void A_layer_waits_for_the_one_below_to_be_healthy()
    {
        _cluster.Update((root, version) => root
            .WithApp(CoreHarness.App("/web") with { Dependencies = [PathId.Parse("/db")] }, version)
            .WithApp(CoreHarness.App("/db") with { HealthChecks = [new Plenum.Marathon.Definitions.HealthCheck { Protocol = HealthCheckProtocol.Command, Command = "true" }] }, version));
        var database = _cluster.GiveOffers(_cluster.Offer()).Single();
        database.Name.ShouldBe("db");
        _cluster.Report(database.TaskId.Value, TaskState.TaskRunning);
        _cluster.GiveOffers(_cluster.Offer()).ShouldBeEmpty();
        _cluster.Report(database.TaskId.Value, TaskState.TaskRunning, healthy: true);
        _cluster.GiveOffers(_cluster.Offer()).Single().Name.ShouldBe("web");
    }

    [Fact]
    public void Groups_pass_their_dependencies_on_and_cycles_are_refused()
    {
        var result = _cluster.Update((root, version) => root
            .WithApp(CoreHarness.App("/a/one"), version)
            .WithApp(CoreHarness.App("/b/two") with { Dependencies = [PathId.Parse("/a/one")] }, version)
            .WithUpdatedGroup(PathId.Parse("/a"), version, group => group with { Dependencies = [PathId.Parse("/b")] }));
        result.ShouldBeOfType<RootUpdateResult.Invalid>().Message.ShouldContain("/b/two");
        _cluster.State.Root.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_removed_app_stops_and_is_forgotten_with_its_history()
    {
        _cluster.Put(CoreHarness.App(instances: 2));
        _cluster.RunAll();
        _cluster.Remove("/web");
        _cluster.CallsOf(Call.Types.Type.Kill).Count.ShouldBe(2);
        _cluster.EventsOf<MarathonEvent.AppTerminated>().ShouldBeEmpty();
        _cluster.EndKilled();
        _cluster.EventsOf<MarathonEvent.AppTerminated>().Single().App.Text.ShouldBe("/web");
        _cluster.State.Apps.ShouldBeEmpty();
        _cluster.State.SpecVersions.ShouldBeEmpty();
        _cluster.Store.Keys.ShouldNotContain(key => key.StartsWith("marathon/instances/", StringComparison.Ordinal));
    }

    [Fact]
    public void More_deployments_than_allowed_are_refused()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { MaxRunningDeployments = 2 });
        cluster.Put(CoreHarness.App("/one"));
        cluster.Put(CoreHarness.App("/two"));
        cluster.Update((root, version) => root.WithApp(CoreHarness.App("/three"), version))
            .ShouldBeOfType<RootUpdateResult.TooManyDeployments>().Limit.ShouldBe(2);
    }

    [Fact]
    public void Killing_with_scale_takes_the_chosen_instance_and_not_another()
    {
        _cluster.Put(CoreHarness.App(instances: 3));
        _cluster.RunAll();
        var chosen = _cluster.Instances()[0];
        _cluster.Kill(new KillTasks([chosen.Id]) { Scale = true })
            .ShouldBeOfType<KillTasksResult.Scaled>().Result.ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(chosen.TaskId);
        _cluster.EndKilled();
        _cluster.State.Root.FindApp(PathId.Parse("/web"))!.Instances.ShouldBe(2);
        _cluster.Instances().Count.ShouldBe(2);
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void Killing_with_scale_what_is_gone_is_a_deployment_of_nothing_as_zdd_of_marathon_lb_expects()
    {
        _cluster.Put(CoreHarness.App(instances: 1));
        _cluster.RunAll();

        var done = _cluster.Kill(new KillTasks([InstanceId.Create(PathId.Parse("/web"), Guid.NewGuid())]) { Scale = true })
            .ShouldBeOfType<KillTasksResult.Scaled>().Result.ShouldBeOfType<RootUpdateResult.Deployed>();

        done.Plan.Steps.ShouldBeEmpty();
        _cluster.State.Root.FindApp(PathId.Parse("/web"))!.Instances.ShouldBe(1);
    }

    [Fact]
    public void What_is_announced_of_a_request_comes_before_all_that_follows_from_it()
    {
        _cluster.Announcement = static (root, now) =>
            [new MarathonEvent.ApiPost(now, "127.0.0.1", "/v2/apps", root.FindApp(PathId.Parse("/web"))!)];

        _cluster.Put(CoreHarness.App());

        _cluster.Events.Select(static happened => happened.Type).Take(3)
            .ShouldBe(["api_post_event", "group_change_success", "deployment_info"]);
    }

    [Fact]
    public void A_killed_task_is_replaced_under_the_same_instance_id()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.RunAll();
        var before = _cluster.Instances().Single();
        _cluster.Kill(new KillTasks([before.Id])).ShouldBeOfType<KillTasksResult.Killing>().Instances.Length.ShouldBe(1);
        _cluster.EndKilled();
        var after = _cluster.Instances().Single();
        after.Id.ShouldBe(before.Id);
        after.Incarnation.ShouldBe(2);
        _cluster.GiveOffers(_cluster.Offer()).Single().TaskId.Value.ShouldBe(before.Id.Value + "._app.2");
    }

    [Fact]
    public void A_wiped_instance_gets_a_successor_with_another_id()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.RunAll();
        var before = _cluster.Instances().Single();
        _cluster.Kill(new KillTasks([before.Id]) { Wipe = true });
        _cluster.EndKilled();
        _cluster.Instances().Single().Id.ShouldNotBe(before.Id);
    }

    internal static void Finish(CoreHarness cluster)
    {
        for (var turn = 0; turn < 100 && !cluster.State.Deployments.IsEmpty; turn++)
        {
            cluster.EndKilled();
            cluster.RunAll();
        }

        cluster.State.Deployments.ShouldBeEmpty();
    }
}
