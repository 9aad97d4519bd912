using Plenum.Agent.Book;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

/// <summary>Reservations and volumes on the agent (mesos.md 4.11, 6.16).</summary>
public sealed class OperationTests
{
    private readonly BookWorld _world = BookWorld.Registered();

    [Fact]
    public void A_reservation_is_on_disk_with_its_outcome_before_it_is_reported()
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("cpus:1")));
        var update = Update();
        update.Status.State.ShouldBe(OperationState.OperationFinished);
        update.Status.OperationId.Value.ShouldBe("op-1");
        ResourceSet.FromWire(update.Status.ConvertedResources).ShouldBe(ResourceSet.FromWire([Orders.Reserved("cpus:1")]));

        _world.Restart();
        var registration = _world.Registration();
        ResourceSet.FromWire(registration.CheckpointedResources).ShouldBe(ResourceSet.FromWire([Orders.Reserved("cpus:1")]));
        registration.Operations.Single().LatestStatus.Uuid.ShouldBe(update.Status.Uuid);
    }

    [Fact]
    public void An_outcome_is_repeated_until_it_is_acknowledged_and_then_forgotten()
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("cpus:1")));
        var update = Update();
        _world.Pass(TimeSpan.FromSeconds(31));
        Updates().Count.ShouldBe(2, "after 10 and 20 more seconds");
        Updates().ShouldAllBe(again => again.Status.Uuid.Equals(update.Status.Uuid));

        _world.Master(Orders.Acknowledge(update));
        _world.Pass(TimeSpan.FromMinutes(30));
        Updates().ShouldBeEmpty();
        _world.Restart();
        _world.Registration().Operations.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_not_acknowledged_goes_out_again_with_the_next_registration()
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("cpus:1")));
        _world.Restart();
        _world.Register();
        Update().OperationUuid.ShouldBe(Orders.Uuid(1));
    }

    [Fact]
    public void What_the_agent_does_not_have_is_dropped_and_its_true_resources_are_told()
    {
        _world.Master(Orders.Create(1, Orders.Volume("v")));
        Update().Status.State.ShouldBe(OperationState.OperationDropped);
        var told = _world.Sent().Single(message => message.UpdateAgent is not null).UpdateAgent;
        ResourceSet.FromWire(told.TotalResources).ShouldBe(ResourceSet.Parse("cpus:4;mem:4096;disk:1000"));
        _world.Effects.OfType<AgentEffect.MakeVolumes>().ShouldBeEmpty();
    }

    [Fact]
    public void A_volume_counts_at_once_and_is_reported_when_its_directory_is_there()
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("disk:100")));
        _world.Master(Orders.Create(2, Orders.Volume("v")));
        Updates().ShouldBeEmpty();
        _world.Effects.OfType<AgentEffect.MakeVolumes>().ShouldHaveSingleItem();
        _world.Snapshot.Total.PersistentVolumes.IsEmpty.ShouldBeFalse();

        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(2), Problem: null));
        Update().Status.State.ShouldBe(OperationState.OperationFinished);
    }

    [Fact]
    public void A_restart_before_the_directory_is_made_makes_it_again()
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("disk:100")));
        _world.Master(Orders.Create(2, Orders.Volume("v")));
        _world.Restart();
        _world.Effects.OfType<AgentEffect.MakeVolumes>().Single().Operation.ShouldBe(Orders.Uuid(2));
        _world.Registration().Operations.Single(operation => operation.Uuid.Value == Orders.Uuid(2))
            .LatestStatus.State.ShouldBe(OperationState.OperationPending);
    }

    [Fact]
    public void A_volume_that_could_not_be_made_is_plain_disk_again()
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("disk:100")));
        _world.Master(Orders.Create(2, Orders.Volume("v")));
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(2), "the disk is gone"));

        Update().Status.State.ShouldBe(OperationState.OperationFailed);
        Update().Status.Message.ShouldBe("the disk is gone");
        var sent = _world.Sent();
        sent.FindIndex(message => message.UpdateAgent is not null)
            .ShouldBeGreaterThan(sent.FindIndex(message => message.OperationUpdate is not null));
        _world.Snapshot.Total.ShouldBe(ResourceSet.FromWire([Orders.Reserved("disk:100")]) + ResourceSet.Parse("cpus:4;mem:4096;disk:900"));
    }

    [Fact]
    public void A_volume_that_could_not_be_made_goes_as_it_is_by_then()
    {
        // Found by the simulator with seed 23158: shrunk before its directory was made, it stayed in the book without one.
        _world.Master(Orders.Reserve(1, Orders.Reserved("disk:100")));
        _world.Master(Orders.Create(2, Orders.Volume("v")));
        _world.Master(Orders.Shrink(3, Orders.Volume("v"), 30));
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(2), "the disk is full"));

        _world.Snapshot.Total.PersistentVolumes.IsEmpty.ShouldBeTrue();
        _world.Snapshot.Total.Reserved.ShouldBe(ResourceSet.FromWire([Orders.Reserved("disk:100")]));
    }

    [Fact]
    public void A_volume_that_a_task_uses_is_not_destroyed()
    {
        Make("v");
        _world.RunUp(BookWorld.Task("t", task => task.Resources.Add(Orders.Volume("v"))));
        _world.Master(Orders.Destroy(3, Orders.Volume("v")));
        Update().Status.State.ShouldBe(OperationState.OperationFailed);
        _world.Effects.OfType<AgentEffect.RemoveVolumes>().ShouldBeEmpty();
        _world.Snapshot.Total.PersistentVolumes.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public void A_destroyed_volume_is_removed_and_its_disk_stays_reserved()
    {
        Make("v");
        _world.Master(Orders.Destroy(3, Orders.Volume("v")));
        _world.Effects.OfType<AgentEffect.RemoveVolumes>().Single().Volumes.Single().Disk.Persistence.Id.ShouldBe("v");
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(3), Problem: null));
        _world.Snapshot.Total.Reserved.ShouldBe(ResourceSet.FromWire([Orders.Reserved("disk:100")]));
    }

    [Fact]
    public void A_task_on_a_volume_that_is_not_here_is_lost_before_it_starts()
    {
        _world.Master(new MasterMessage
        {
            RunTask = new MasterMessage.Types.RunTask
            {
                Framework = _world.Info, Task = BookWorld.Task("t", task => task.Resources.Add(Orders.Volume("v"))),
            },
        });
        _world.Launches().ShouldBeEmpty();
        _world.ShouldReport(TaskState.TaskLost, Reason.ResourcesUnknown);
    }

    private void Make(string id)
    {
        _world.Master(Orders.Reserve(1, Orders.Reserved("disk:100")));
        _world.Master(Orders.Create(2, Orders.Volume(id)));
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(2), Problem: null));
    }

    private AgentMessage.Types.OperationUpdate Update() => Updates().ShouldHaveSingleItem();

    private List<AgentMessage.Types.OperationUpdate> Updates() => [.. _world.Sent()
        .Where(static message => message.OperationUpdate is not null)
        .Select(static message => message.OperationUpdate)];
}
