using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Tests.Book;

public sealed class UpdateTests
{
    [Fact]
    public void An_update_is_repeated_after_ten_seconds_and_then_ever_more_slowly_up_to_ten_minutes()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));
        var gaps = new List<double>();
        var last = world.Now;
        for (var repeat = 0; repeat < 9; repeat++)
        {
            var before = world.Now;
            while (world.Updates().Count == 0 || world.Now == last)
            {
                // The ping timeout would take the link away meanwhile: keep it.
                world.Master(new Protocol.Link.V1.MasterMessage
                {
                    Ping = new Protocol.Link.V1.MasterMessage.Types.Ping { Sequence = 1, Connected = true },
                });
                world.Pass(TimeSpan.FromSeconds(10));
                (world.Now - before).ShouldBeLessThan(TimeSpan.FromMinutes(11));
            }

            world.Updates().ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskStarting);
            gaps.Add((world.Now - last).TotalSeconds);
            last = world.Now;
        }

        gaps.ShouldBe([10, 20, 40, 80, 160, 320, 600, 600, 600]);
    }

    [Fact]
    public void A_wrong_or_late_acknowledgement_changes_nothing()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));
        var head = world.Snapshot.Frameworks[0].Executors[0].Tasks[0].Task;
        world.Acknowledge(new TaskStatus { TaskId = head.TaskId, Uuid = ByteString.CopyFrom(new byte[16]) });
        world.Updates().ShouldBeEmpty();
        world.AcknowledgeAllOf("t").ShouldBe([TaskState.TaskStarting, TaskState.TaskRunning]);
        world.Acknowledge(new TaskStatus { TaskId = head.TaskId, Uuid = head.StatusUpdateUuid });
        world.Snapshot.Frameworks[0].Executors[0].Tasks[0].Task.State.ShouldBe(TaskState.TaskRunning);
    }

    [Fact]
    public void Each_update_carries_the_newest_state_beside_its_own()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.Exited(launch.Container, 0);
        world.Pass(TimeSpan.FromSeconds(10));
        var update = world.Sent().ShouldHaveSingleItem().StatusUpdate;
        update.Status.State.ShouldBe(TaskState.TaskStarting);
        update.LatestState.ShouldBe(TaskState.TaskFinished);
    }

    [Fact]
    public void After_a_new_registration_every_pending_update_goes_out_at_once()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("a"));
        world.RunUp(BookWorld.Task("b"));
        world.Apply(new AgentCommand.LinkClosed(world.Link));
        world.Pass(TimeSpan.FromSeconds(30));
        world.Updates().ShouldBeEmpty("there is no registered link");
        world.Register();
        world.Updates().Select(static update => update.TaskId.Value).ShouldBe(["a", "b"]);
    }

    /// <summary>
    /// Whatever is lost, repeated or cut short by crashes, the framework gets each task's updates in
    /// order, none is skipped, and the last one is terminal.
    /// </summary>
    [Fact]
    public void Updates_arrive_in_order_and_complete_under_losses_and_crashes()
    {
        var seeds = Gen.Choose(1, int.MaxValue).ToArbitrary();
        Prop.ForAll(seeds, static seed =>
        {
            var random = new Random(seed);
            var world = BookWorld.Registered();
            var launch = world.RunUp(BookWorld.Task("t"));
            var seen = new List<TaskState>();
            var ended = false;
            for (var step = 0; step < 200 && world.Disk.ContainsKey("tasks/fw/t"); step++)
            {
                switch (random.Next(6))
                {
                    case 0 when !ended:
                        world.Exited(launch.Container, status: 0);
                        ended = true;
                        break;
                    case 1:
                        world.Restart(null, ended ? [] : [new RecoveredContainer(launch.Container, 42, End: null)]);
                        world.Register();
                        break;
                    case 2:
                        world.Apply(new AgentCommand.LinkClosed(world.Link));
                        world.Pass(TimeSpan.FromMinutes(2));
                        world.Register();
                        break;
                    default:
                        world.Pass(TimeSpan.FromSeconds(random.Next(1, 30)));
                        break;
                }

                foreach (var update in world.Updates())
                {
                    if (seen.Count == 0 || seen[^1] != update.State)
                    {
                        seen.Add(update.State);
                    }

                    // Half of the acknowledgements are lost.
                    if (random.Next(2) == 0)
                    {
                        world.Acknowledge(update);
                        break;
                    }
                }
            }

            TaskState[] order = [TaskState.TaskStarting, TaskState.TaskRunning, TaskState.TaskFinished];
            seen.ShouldBe(order.Take(seen.Count), $"seed {seed}");
            return ended == false || seen.Count == 3 || world.Disk.ContainsKey("tasks/fw/t");
        }).QuickCheckThrowOnFailure();
    }
}
