using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Tests.Operations;

/// <summary>Operations of an ACCEPT (mesos.md 4.3, 4.4, 5.7). The cluster audits all sums after every command.</summary>
public sealed class AcceptedOperationTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void A_reservation_a_volume_and_the_task_on_it_fit_into_one_accept()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("web");
        var offer = framework.TakeOffer();
        var volume = Op.Volume("v1", 100);

        framework.Accept(
            null,
            [offer],
            Op.Reserve(Op.Reserved("cpus:1;disk:100", "web")),
            Op.Create(volume),
            Op.Launch(Op.Task(offer, "t", [.. Op.Reserved("cpus:1", "web"), volume])));

        framework.Updates.ShouldBeEmpty();
        agent.Ordered.Select(ordered => ordered.Info.Type).ShouldBe([OperationType.Reserve, OperationType.Create]);
        agent.Received.FindIndex(m => m.RunTask is not null).ShouldBeGreaterThan(agent.Received.FindLastIndex(m => m.ApplyOperation is not null));
        agent.Ordered[1].Info.Create.Volumes[0].AllocationInfo.ShouldBeNull("nothing on the agent is allocated to anybody");
        agent.Launched.Single().Resources.ShouldContain(resource => resource.Disk != null && resource.Disk.Persistence.Id == "v1");
        Total().ShouldBe(ResourceSet.FromWire([.. Op.Reserved("cpus:1", "web"), volume]) + ResourceSet.Parse("cpus:3;mem:1024;disk:900"));
        Agent().Used.Unallocated.ShouldBe(ResourceSet.FromWire([.. Op.Reserved("cpus:1", "web"), volume]));
    }

    [Fact]
    public void What_operations_made_is_offered_again_at_once_and_the_rest_is_refused()
    {
        _cluster.AddAgent("cpus:4;mem:1024");
        var framework = Subscribe("web");
        var offer = framework.TakeOffer();
        framework.Forget();

        framework.Accept(3600, [offer], Op.Reserve(Op.Reserved("cpus:1", "web")));

        // A larger offer than the refused one passes the filter (mesos.md 4.9).
        ResourceSet.FromWire(framework.TakeOffer().Resources).Unallocated
            .ShouldBe(ResourceSet.FromWire(Op.Reserved("cpus:1", "web")) + ResourceSet.Parse("cpus:3;mem:1024"));
    }

    [Fact]
    public void A_bad_operation_is_dropped_and_the_rest_of_the_call_goes_on()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        var framework = Subscribe("web");

        framework.Accept(
            null,
            [framework.TakeOffer()],
            Op.Reserve(Op.Reserved("cpus:1", "other")).Named("foreign"),
            Op.Reserve(Op.Reserved("cpus:9", "web")).Named("too-much"),
            Op.Unreserve(Op.Reserved("mem:64", "web")).Named("not-yet"),
            Op.Reserve(Op.Reserved("mem:64", "web")),
            Op.Unreserve(Op.Reserved("mem:64", "web")));

        framework.OperationUpdates.Select(status => (status.OperationId.Value, status.State)).ShouldBe(
        [
            ("foreign", OperationState.OperationError),
            ("too-much", OperationState.OperationError),
            ("not-yet", OperationState.OperationError),
        ]);
        framework.OperationUpdates.ShouldAllBe(status => status.Uuid == null && status.AgentId.Value == agent.Id.Value);
        agent.Ordered.Select(ordered => ordered.Info.Type).ShouldBe([OperationType.Reserve, OperationType.Unreserve]);
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024"));
    }

    [Fact]
    public void A_framework_without_refinement_reserves_in_the_older_format_and_sees_it()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        var info = TestFramework.Describe("old");
        info.Role = "web";
        var framework = _cluster.Subscribe(info);
        var old = new Resource
        {
            Name = "cpus",
            Type = Value.Types.Type.Scalar,
            Scalar = new Value.Types.Scalar { Value = 1 },
            Role = "web",
            Reservation = new Resource.Types.ReservationInfo
            {
                Principal = "marathon", Labels = new Labels { Labels_ = { new Label { Key = "id", Value = "7" } } },
            },
        };

        framework.Accept(null, [framework.TakeOffer()], Op.Reserve(old));

        agent.Ordered.Single().Info.Reserve.Resources[0].Reservations.Single().Type.ShouldBe(Resource.Types.ReservationInfo.Types.Type.Dynamic);
        framework.TakeOffer().Resources.ShouldContain(old, "offered in the words in which it was reserved");
    }

    [Fact]
    public void The_principal_of_a_framework_must_stand_in_its_reservations()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        var info = TestFramework.InRoles("fw", "web");
        info.Principal = "ops";
        var framework = _cluster.Subscribe(info);
        var reserved = Op.Reserved("cpus:1", "web");

        framework.Accept(0, [framework.TakeOffer()], Op.Reserve(reserved).Named("nobody's"));
        reserved[0].Reservations[0].Principal = "ops";
        _cluster.Advance(TimeSpan.FromSeconds(5));
        framework.Accept(0, [framework.TakeOffer()], Op.Reserve(reserved));

        framework.OperationUpdates.Single().Message.ShouldContain("principal");
        agent.Ordered.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_reservation_is_refined_for_a_role_below_and_unreserved_level_by_level()
    {
        _cluster.AddAgent("cpus:4;mem:1024");
        var parent = Subscribe("eng");
        parent.Accept(0, [parent.TakeOffer()], Op.Reserve(Op.Reserved("cpus:2", "eng")));
        parent.Suppress();
        foreach (var offer in parent.Offers)
        {
            parent.Decline(offer, 0);
        }

        var child = Subscribe("eng/web");
        var offered = child.TakeOffer();
        ResourceSet.FromWire(offered.Resources).Unallocated.ReservedTo("eng").ShouldBe(ResourceSet.FromWire(Op.Reserved("cpus:2", "eng")));
        child.Accept(0, [offered], Op.Reserve(Op.Reserved("cpus:1", "eng", "eng/web")));
        Total().ReservedTo("eng/web").ShouldBe(ResourceSet.FromWire(Op.Reserved("cpus:1", "eng", "eng/web")));

        child.Accept(0, [child.TakeOffer()], Op.Unreserve(Op.Reserved("cpus:1", "eng", "eng/web")));
        Total().ReservedTo("eng").ShouldBe(ResourceSet.FromWire(Op.Reserved("cpus:2", "eng")));
    }

    [Fact]
    public void A_volume_in_use_is_not_destroyed_and_one_that_is_free_is()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("web");
        var offer = framework.TakeOffer();
        var volume = Op.Volume("v1", 100);
        framework.Accept(
            0,
            [offer],
            Op.Reserve(Op.Reserved("disk:100", "web")),
            Op.Create(volume),
            Op.Launch(Op.Task(offer, "t", [.. ResourceSet.Parse("cpus:1").ToWire(), volume])),
            Op.Destroy(volume).Named("early"));
        framework.OperationUpdates.Single().Message.ShouldContain("in use");

        framework.Acknowledge(agent.Id, "t", agent.Update(framework, "t", TaskState.TaskFinished));
        _cluster.Advance(TimeSpan.FromSeconds(1));
        framework.Accept(0, framework.Offers[1..], Op.Destroy(volume), Op.Unreserve(Op.Reserved("disk:100", "web")));

        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024;disk:1000"));
        agent.Ordered[^1].Info.Type.ShouldBe(OperationType.Unreserve);
    }

    [Fact]
    public void A_volume_is_offered_again_as_it_was_made_however_a_task_mounted_it()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("web");
        var offer = framework.TakeOffer();
        var readOnly = Op.Volume("v1", 100);
        readOnly.Disk.Volume = new Volume { ContainerPath = "elsewhere", Mode = Volume.Types.Mode.Ro };
        framework.Accept(
            0,
            [offer],
            Op.Reserve(Op.Reserved("disk:100", "web")),
            Op.Create(Op.Volume("v1", 100)),
            Op.Launch(Op.Task(offer, "t", [.. ResourceSet.Parse("cpus:4").ToWire(), readOnly])));
        agent.Update(framework, "t", TaskState.TaskFinished);
        _cluster.Advance(TimeSpan.FromSeconds(1));

        var offered = framework.Offers.SelectMany(o => o.Resources).Last(resource => resource.Disk?.Persistence is not null);
        offered.Disk.Volume.ShouldBe(new Volume { ContainerPath = "data", Mode = Volume.Types.Mode.Rw });
    }

    [Fact]
    public void What_grow_and_shrink_make_comes_in_a_later_offer()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("web");
        var offer = framework.TakeOffer();
        framework.Accept(
            0,
            [offer],
            Op.Reserve(Op.Reserved("disk:300", "web")),
            Op.Create(Op.Volume("v1", 100)),
            Op.Grow(Op.Volume("v1", 100), Op.Reserved("disk:50", "web")[0]),
            Op.Launch(Op.Task(offer, "too-early", [.. ResourceSet.Parse("cpus:1").ToWire(), Op.Volume("v1", 150)])));

        framework.Updates.Single().State.ShouldBe(TaskState.TaskError);
        Total().PersistentVolumes.ShouldBe(ResourceSet.FromWire([Op.Volume("v1", 150)]));

        framework.Accept(0, [framework.TakeOffer()], Op.Shrink(Op.Volume("v1", 150), 120));
        Total().PersistentVolumes.ShouldBe(ResourceSet.FromWire([Op.Volume("v1", 30)]));
        Total().ReservedTo("web").Scalar("disk").ShouldBe(300);
        agent.Ordered[^1].Info.ShrinkVolume.Subtract.Value.ShouldBe(120);
    }

    [Fact]
    public void A_volume_on_a_mount_is_the_whole_disk_and_cannot_grow()
    {
        var disk = new Resource { Name = "disk", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 500 } }.OnMount("/mnt/a");
        var agent = new TestAgent("a.example", "cpus:4;mem:1024;disk:1000");
        agent.Info.Resources.Add(disk);
        _cluster.Register(agent);
        var framework = Subscribe("web");
        var volume = Op.Volume("m", 500).OnMount("/mnt/a");

        framework.Accept(
            0,
            [framework.TakeOffer()],
            Op.Reserve(Op.Reserved("disk:500", "web")[0].OnMount("/mnt/a"), Op.Reserved("disk:10", "web")[0]),
            Op.Create(Op.Volume("part", 400).OnMount("/mnt/a")).Named("part"),
            Op.Create(volume),
            Op.Grow(volume, Op.Reserved("disk:10", "web")[0]).Named("grow"));

        framework.OperationUpdates.Select(status => status.OperationId.Value).ShouldBe(["part", "grow"]);
        Total().PersistentVolumes.ShouldBe(ResourceSet.FromWire([volume]));
    }

    [Fact]
    public void Tasks_of_several_offers_share_a_shared_volume()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("web", Capability.SharedResources);
        var offer = framework.TakeOffer();
        var volume = Op.Volume("s", 100, isShared: true);
        framework.Accept(
            0,
            [offer],
            Op.Reserve(Op.Reserved("disk:100", "web")),
            Op.Create(volume),
            Op.Launch(
                Op.Task(offer, "one", [.. ResourceSet.Parse("cpus:1").ToWire(), volume]),
                Op.Task(offer, "two", [.. ResourceSet.Parse("cpus:1").ToWire(), volume])));
        framework.Updates.ShouldBeEmpty();
        _cluster.Advance(TimeSpan.FromSeconds(1));
        var again = framework.Offers[^1];
        framework.Launch(again, 0, Op.Task(again, "three", [.. ResourceSet.Parse("cpus:1").ToWire(), volume]));
        framework.Updates.ShouldBeEmpty();

        foreach (var task in (string[])["one", "two", "three"])
        {
            _cluster.Advance(TimeSpan.FromSeconds(1));
            framework.Accept(0, [framework.Offers[^1]], Op.Destroy(volume).Named(task));
            framework.OperationUpdates[^1].Message.ShouldContain("in use");
            agent.Update(framework, task, TaskState.TaskFinished);
        }

        _cluster.Advance(TimeSpan.FromSeconds(1));
        framework.Accept(0, [framework.Offers[^1]], Op.Destroy(volume));
        Total().PersistentVolumes.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Reservations_and_volumes_come_back_with_the_agent_after_a_master_restart()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("web");
        framework.Accept(0, [framework.TakeOffer()], Op.Reserve(Op.Reserved("disk:100", "web")), Op.Create(Op.Volume("v1", 100)));
        var before = Total();

        agent.Checkpointed.Add(Op.Volume("v1", 100));
        _cluster.RestartMaster();
        agent.Return();

        Total().ShouldBe(before);
        framework.Resubscribe();
        framework.TakeOffer().Resources.ShouldContain(resource => resource.Disk != null);
    }

    [Fact]
    public void An_agent_whose_configuration_no_longer_holds_its_volumes_is_refused()
    {
        var agent = new TestAgent("a.example", "cpus:4;mem:1024;disk:10");
        agent.Checkpointed.Add(Op.Volume("v1", 100));
        _cluster.Register(agent);
        agent.Received.Single().Shutdown.Message.ShouldContain("start it with the resources it had before");
    }

    [Fact]
    public void An_agent_of_an_older_release_is_asked_for_no_operations()
    {
        var agent = new TestAgent("a.example", "cpus:4;mem:1024");
        agent.Capabilities.Clear();
        _cluster.Register(agent);
        var framework = Subscribe("web");
        framework.Accept(0, [framework.TakeOffer()], Op.Reserve(Op.Reserved("cpus:1", "web")));
        agent.Ordered.ShouldBeEmpty();
        _cluster.Notes.ShouldContain(note => note.Contains("older release"));
    }

    private TestFramework Subscribe(string role, params Capability[] capabilities)
    {
        var info = TestFramework.InRoles($"fw-{role}", role);
        info.Capabilities.AddRange(capabilities.Append(Capability.ReservationRefinement)
            .Select(type => new FrameworkInfo.Types.Capability { Type = type }));
        return _cluster.Subscribe(info);
    }

    private AgentRecord Agent() => _cluster.Snapshot.Agents.Single();

    private ResourceSet Total() => Agent().Total;
}
