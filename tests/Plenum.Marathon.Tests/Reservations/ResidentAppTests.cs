using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Volume = Plenum.Marathon.Definitions.Volume;

namespace Plenum.Marathon.Tests.Reservations;

public sealed class ResidentAppTests
{
    private readonly CoreHarness _cluster = CoreHarness.Connected();
    private readonly DiskAgent _agent;

    public ResidentAppTests() => _agent = new DiskAgent(_cluster);

    internal static AppDefinition App(int instances = 1) => CoreHarness.App("/db", instances) with
    {
        Container = new Container(ContainerEngine.Mesos) { Volumes = [new Volume.Persistent("data", 100)] },
        UpgradeStrategy = UpgradeStrategy.Resident,
        UnreachableStrategy = UnreachableStrategy.Disabled,
        Residency = new Residency(),
    };

    [Fact]
    public void The_first_offer_is_reserved_with_its_volume_and_the_second_is_launched_on()
    {
        _cluster.Put(App());
        _cluster.CallsOf(Call.Types.Type.UpdateFramework).Single().UpdateFramework.FrameworkInfo.Roles.ShouldContain("marathon");

        _cluster.GiveOffers(_agent.Offer()).ShouldBeEmpty();
        var accept = _cluster.CallsOf(Call.Types.Type.Accept).Single().Accept;
        accept.Operations.Select(operation => operation.Type)
            .ShouldBe([Operation.Types.Type.Reserve, Operation.Types.Type.Create]);
        accept.Filters.RefuseSeconds.ShouldBe(0);
        var instance = _cluster.Instances("/db").Single();
        foreach (var resource in accept.Operations[0].Reserve.Resources)
        {
            resource.Role.ShouldBe("marathon");
            resource.Reservation.Principal.ShouldBe("marathon");
            resource.Reservation.Labels.Labels_.Select(label => (label.Key, label.Value)).ShouldBe(
                [("marathon_framework_id", CoreHarness.Framework), ("marathon_task_id", instance.Id.Value)]);
        }

        accept.Operations[0].Reserve.Resources.Select(resource => (resource.Name, resource.Scalar.Value))
            .ShouldBe([("cpus", 0.1), ("mem", 16), ("disk", 100)]);
        var volume = accept.Operations[1].Create.Volumes.Single();
        volume.Disk.Persistence.Id.ShouldStartWith("db#data#");
        volume.Disk.Volume.ContainerPath.ShouldBe("data");

        _agent.Carry(accept);
        var task = _agent.Turn().Single();
        task.Resources.Count(resource => resource.Disk?.Persistence?.Id == volume.Disk.Persistence.Id).ShouldBe(1);
        _cluster.Report(task.TaskId.Value, TaskState.TaskRunning);
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void A_task_that_fails_is_started_again_on_its_own_volume_and_nowhere_else()
    {
        var first = Run();
        End(first, TaskState.TaskFailed);
        _cluster.Pass(2);

        var other = new DiskAgent(_cluster, "agent-2");
        other.Turn().ShouldBeEmpty();
        _cluster.State.Queue.Single().LastUnusedOffers[0].Reasons.ShouldBe([RejectReason.NoCorrespondingReservationFound]);
        other.Volumes.ShouldBeEmpty();

        var second = _agent.Turn().Single();
        VolumeOf(second).ShouldBe(VolumeOf(first));
        second.TaskId.Value.ShouldBe(first.TaskId.Value[..^1] + "2");
        _agent.Volumes.Count.ShouldBe(1);
    }

    [Fact]
    public void A_restart_of_the_orchestrator_forgets_neither_the_volume_nor_a_request_for_one()
    {
        _cluster.Put(App());
        _agent.Turn();
        _cluster.Restart();
        var first = _agent.Turn().Single();
        _cluster.Report(first.TaskId.Value, TaskState.TaskRunning);
        _cluster.Restart();
        End(first, TaskState.TaskFailed);
        _cluster.Pass(2);
        VolumeOf(_agent.Turn().Single()).ShouldBe(VolumeOf(first));
        _agent.Volumes.Count.ShouldBe(1);
    }

    [Fact]
    public void A_reservation_that_does_not_come_about_is_asked_for_again_and_the_late_one_is_taken_apart()
    {
        _cluster.Put(App());
        _cluster.GiveOffers(_agent.Offer());
        var lost = _cluster.CallsOf(Call.Types.Type.Accept).Single().Accept;
        _cluster.Instances("/db").Single().Reservation.ShouldNotBeNull();

        _cluster.Pass(21);
        _cluster.Instances("/db").Single().Reservation.ShouldBeNull();

        // It came about all the same, after everybody gave it up.
        _agent.Carry(lost);
        var late = _agent.Volumes.Keys.Single();
        _agent.Turn();
        _agent.Destroyed.ShouldBe([late]);
        _agent.Turn().Count.ShouldBe(1);
        _agent.Volumes.Count.ShouldBe(1);
    }

    [Fact]
    public void An_update_ends_the_old_task_first_and_begins_the_new_one_on_its_volume()
    {
        var first = Run();
        _cluster.Change("/db", app => app with { Cmd = "sleep 9" }).ShouldBeOfType<RootUpdateResult.Deployed>();
        _agent.Turn().ShouldBeEmpty();
        _cluster.EndKilledOn(_agent).ShouldBe(1);
        var second = _agent.Turn().Single();
        second.Command.Value.ShouldBe("sleep 9");
        VolumeOf(second).ShouldBe(VolumeOf(first));
        _cluster.Report(second.TaskId.Value, TaskState.TaskRunning);
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances("/db").Count.ShouldBe(1);
    }

    [Fact]
    public void Scaling_down_keeps_the_volumes_and_scaling_up_takes_them_again()
    {
        _cluster.Put(App(instances: 3));
        RunAll();
        var volumes = _agent.Volumes.Keys.Order().ToList();
        volumes.Count.ShouldBe(3);

        _cluster.Change("/db", app => app with { Instances = 1 });
        _cluster.EndKilledOn(_agent).ShouldBe(2);
        _cluster.State.Deployments.ShouldBeEmpty();
        var stopped = _cluster.Instances("/db").Where(instance => instance.Goal == Goal.Stopped).ToList();
        stopped.Count.ShouldBe(2);
        stopped.ShouldAllBe(instance => instance.Condition == Condition.Killed && instance.HostPorts.IsEmpty && instance.StagedAt == null);
        _agent.Turn().ShouldBeEmpty();
        _agent.Volumes.Count.ShouldBe(3, "scaling does not free disks");

        _cluster.Change("/db", app => app with { Instances = 4 });
        RunAll();
        _cluster.State.Deployments.ShouldBeEmpty();
        _agent.Volumes.Count.ShouldBe(4);
        _agent.Volumes.Keys.ShouldBeSubsetOf([.. volumes, .. _agent.Volumes.Keys.Except(volumes)]);
        volumes.ShouldBeSubsetOf(_agent.Volumes.Keys);
    }

    [Fact]
    public void Wiping_a_task_destroys_its_volume_and_a_new_instance_takes_its_place()
    {
        var first = Run();
        _cluster.Kill(new KillTasks([_cluster.Instances("/db").Single().Id]) { Wipe = true });
        _cluster.EndKilledOn(_agent).ShouldBe(1);
        RunAll();
        _agent.Destroyed.ShouldBe([VolumeOf(first)]);
        _agent.Volumes.Count.ShouldBe(1);
        _agent.Volumes.Keys.Single().ShouldNotBe(VolumeOf(first));
    }

    [Fact]
    public void A_stopped_instance_can_be_wiped()
    {
        Run();
        _cluster.Change("/db", app => app with { Instances = 0 });
        _cluster.EndKilledOn(_agent);
        _cluster.Kill(new KillTasks([_cluster.Instances("/db").Single().Id]) { Wipe = true });
        _cluster.Instances("/db").ShouldBeEmpty();
        _agent.Turn();
        _agent.Volumes.ShouldBeEmpty();
        _agent.Reserved.ShouldBeEmpty();
        _agent.FreeCpus.ShouldBe(4);
    }

    [Fact]
    public void Removing_the_app_gives_everything_back_even_when_nothing_else_wants_offers()
    {
        Run();
        _cluster.Remove("/db");
        _cluster.Calls.RemoveAll(call => call.Type == Call.Types.Type.Suppress);
        _cluster.EndKilledOn(_agent).ShouldBe(1);
        _cluster.Instances("/db").ShouldBeEmpty();
        _cluster.CallsOf(Call.Types.Type.Suppress).Where(call => call.Suppress.Roles.Contains("marathon"))
            .ShouldBeEmpty("the role must go on to get offers while something is to be taken apart");

        // Also by the next orchestrator, which has only what was stored.
        _cluster.Restart();
        _agent.Turn();
        _agent.Volumes.ShouldBeEmpty();
        _agent.Reserved.ShouldBeEmpty();
        _cluster.Pass(21);
        _cluster.CallsOf(Call.Types.Type.Suppress).ShouldContain(call => call.Suppress.Roles.Contains("marathon"));
        _cluster.Store.Keys.ShouldNotContain(key => key.StartsWith("marathon/leftovers/", StringComparison.Ordinal));
    }

    [Fact]
    public void An_instance_out_of_reach_is_waited_for_and_one_gone_for_good_begins_elsewhere()
    {
        var first = Run();
        _cluster.Report(first.TaskId.Value, TaskState.TaskUnreachable);
        _cluster.Pass(TimeSpan.FromDays(2));
        _cluster.Instances("/db").Single().Condition.ShouldBe(Condition.Unreachable);
        var other = new DiskAgent(_cluster, "agent-2");
        other.Turn();
        other.Volumes.ShouldBeEmpty("it would be a second instance with other data");

        _cluster.Report(first.TaskId.Value, TaskState.TaskGoneByOperator);
        _cluster.Pass(2);
        other.Turn();
        other.Turn().Count.ShouldBe(1);
    }

    [Fact]
    public void A_label_of_another_framework_is_nobodys_business_here()
    {
        Run();
        foreach (var label in _agent.Reserved.SelectMany(resource => resource.Reservation.Labels.Labels_).Where(label => label.Key == "marathon_framework_id"))
        {
            label.Value = "another";
        }

        _cluster.Remove("/db");
        _agent.Turn();
        _agent.Destroyed.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("cpus", "/cpus")]
    [InlineData("volume", "/container/volumes")]
    [InlineData("ports", "/portDefinitions")]
    public void What_is_reserved_cannot_be_changed(string what, string path)
    {
        Run();
        _cluster.Change("/db", app => what switch
        {
            "cpus" => app with { Cpus = 2 },
            "ports" => app with { PortDefinitions = [new PortDefinition(0)] },
            _ => app with { Container = app.Container! with { Volumes = [new Volume.Persistent("data", 200)] } },
        }).ShouldBeOfType<RootUpdateResult.Invalid>().Path.ShouldBe(path);
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void Another_role_needs_force_since_only_new_instances_would_have_it()
    {
        Run();
        _cluster.Change("/db", static app => app with { Role = "eng" }).ShouldBeOfType<RootUpdateResult.Invalid>().Path.ShouldBe("/role");
        _cluster.Change("/db", static app => app with { Role = "eng" }, force: true).ShouldBeOfType<RootUpdateResult.Deployed>();
    }

    [Fact]
    public void A_volume_on_a_disk_of_its_own_takes_the_smallest_mount_that_suits_as_a_whole()
    {
        _cluster.Put(App() with
        {
            Container = new Container(ContainerEngine.Mesos)
            {
                Volumes =
                [
                    new Volume.Persistent("data", 100)
                    {
                        Type = PersistentVolumeType.Mount,
                        MaxSizeMegabytes = 600,
                        Constraints = [new Constraint("path", ConstraintOperator.Like, "/mnt/fast.*")],
                    },
                ],
            },
        });
        var offer = _agent.Offer();
        foreach (var (root, size) in new[] { ("/mnt/fast-big", 5000), ("/mnt/fast-small", 500), ("/mnt/slow", 400) })
        {
            var mount = CoreHarness.Scalar("disk", size);
            mount.Disk = new Resource.Types.DiskInfo
            {
                Source = new Resource.Types.DiskInfo.Types.Source
                {
                    Type = Resource.Types.DiskInfo.Types.Source.Types.Type.Mount,
                    Mount = new Resource.Types.DiskInfo.Types.Source.Types.Mount { Root = root },
                },
            };
            offer.Resources.Add(mount);
        }

        _cluster.GiveOffers(offer);

        var volume = _cluster.CallsOf(Call.Types.Type.Accept).Single().Accept.Operations[1].Create.Volumes.Single();
        volume.Disk.Source.Mount.Root.ShouldBe("/mnt/fast-small");
        volume.Scalar.Value.ShouldBe(500);
    }

    private static string VolumeOf(TaskInfo task) =>
        task.Resources.Single(resource => resource.Disk?.Persistence is not null).Disk.Persistence.Id;

    private TaskInfo Run()
    {
        _cluster.Put(App());
        return RunAll().Single();
    }

    private List<TaskInfo> RunAll()
    {
        var all = new List<TaskInfo>();
        for (var turn = 0; turn < 4; turn++)
        {
            foreach (var task in _agent.Turn())
            {
                all.Add(task);
                _cluster.Report(task.TaskId.Value, TaskState.TaskRunning);
            }
        }

        return all;
    }

    private void End(TaskInfo task, TaskState state)
    {
        _agent.Ended(task.TaskId.Value);
        _cluster.Report(task.TaskId.Value, state);
    }
}
