using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tests.Snapshots;

public sealed class SnapshotTests
{
    [Fact]
    public void A_snapshot_stays_as_it_was_taken()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        var before = cluster.Snapshot;

        agent.Update(framework, "t1", TaskState.TaskFinished);

        before.Tasks.Single().State.ShouldBe(TaskState.TaskStaging);
        before.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1000);
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskFinished);
        cluster.Snapshot.Version.ShouldBeGreaterThan(before.Version);
    }

    [Fact]
    public void Nothing_changed_means_the_same_object()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();

        cluster.Snapshot.ShouldBeSameAs(cluster.Snapshot);
    }

    [Fact]
    public void A_table_and_its_frozen_copies_agree_with_a_plain_list_over_random_changes()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<(bool Add, byte Pick, bool Freeze)[]>(),
            steps =>
            {
                var table = new EntityTable<string>();
                var model = new SortedDictionary<int, string>();
                var frozen = new List<(EntityCollection<string> Taken, string[] Expected)>();
                var next = 0;
                foreach (var (add, pick, freeze) in steps)
                {
                    if (add || model.Count == 0)
                    {
                        var name = $"e{next++}";
                        model.Add(table.Add(name), name);
                    }
                    else
                    {
                        var slot = model.Keys.ElementAt(pick % model.Count);
                        if (pick % 2 == 0)
                        {
                            table.Remove(slot);
                            model.Remove(slot);
                        }
                        else
                        {
                            model[slot] += "'";
                            table.Replace(slot, model[slot]);
                        }
                    }

                    if (freeze)
                    {
                        frozen.Add((table.Freeze(), [.. model.Values]));
                    }
                }

                frozen.Add((table.Freeze(), [.. model.Values]));
                return frozen.TrueForAll(pair => pair.Taken.SequenceEqual(pair.Expected) && pair.Taken.Count == pair.Expected.Length);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_wire_form_of_a_task_has_its_newest_state_and_all_statuses()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        var uuid = agent.Update(framework, "t1", TaskState.TaskRunning, latest: TaskState.TaskFinished);

        var wire = cluster.Snapshot.Tasks.Single().ToWire();

        (wire.State, wire.StatusUpdateState, wire.StatusUpdateUuid).ShouldBe((TaskState.TaskFinished, TaskState.TaskRunning, uuid));
        wire.Statuses.Single().State.ShouldBe(TaskState.TaskRunning);
        wire.IsInitialized().ShouldBeTrue();
        wire.Resources.Select(resource => resource.Name).ShouldBe(["cpus", "mem"]);
    }

    [Fact]
    public void Records_of_agents_and_frameworks_make_complete_messages()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        cluster.Settle();

        var wire = cluster.Snapshot.FindAgent(agent.Id)!.ToWire();
        wire.IsInitialized().ShouldBeTrue();
        wire.Pid.ShouldBe("slave(1)@127.0.0.1:5051");
        wire.OfferedResources.Count.ShouldBe(4);
        cluster.Snapshot.FindFramework(framework.Id)!.ToWire().IsInitialized().ShouldBeTrue();
        cluster.Snapshot.OffersOf(framework.Id).Single().Wire.IsInitialized().ShouldBeTrue();
    }
}
