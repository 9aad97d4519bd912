using Plenum.Agent.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Tests.Book;

public sealed class LinkTests
{
    [Fact]
    public void Replaced_by_another_process_it_stands_aside_and_touches_nothing_that_runs()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));

        world.Master(new MasterMessage { Outdated = new MasterMessage.Types.Outdated { Life = 7, Superseded = true } });

        world.Effects.OfType<AgentEffect.StandAside>().Single().Reason.ShouldContain("identity");
        world.Effects.ShouldNotContain(effect => effect is AgentEffect.StopAgent || effect is AgentEffect.WriteCheckpoint);
        world.Destroyed().ShouldBeEmpty();
        world.Pass(TimeSpan.FromHours(1));
        world.Effects.OfType<AgentEffect.OpenLink>().ShouldBeEmpty();
    }

    [Fact]
    public void A_new_agent_registers_at_once_and_without_an_identity()
    {
        var world = new BookWorld();
        world.Start();
        world.Registration().AgentInfo.Id.ShouldBeNull();
        world.Registration().Version.ShouldBe("1.11.0");
    }

    [Fact]
    public void The_identity_is_on_disk_before_anything_else_happens_and_comes_back_after_a_restart()
    {
        var world = BookWorld.Registered();
        world.Disk.ShouldContainKey("agent");
        world.Restart();
        world.Registration().AgentInfo.Id.Value.ShouldBe(BookWorld.Agent);
    }

    [Fact]
    public void Each_start_is_a_higher_life_known_to_the_disk_before_its_first_registration_leaves()
    {
        // Found by the simulator with seeds 453, 636 and 804: the master could not tell which process was the later.
        var world = new BookWorld();
        world.Start();
        world.Registration().Life.ShouldBe(1UL);
        WritesLead(world);

        world.Restart();
        world.Registration().Life.ShouldBe(2UL, "also while the agent has no identity");
        WritesLead(world);
        world.Register();

        world.Restart();
        world.Registration().Life.ShouldBe(3UL);
        world.Registration().AgentInfo.Id.Value.ShouldBe(BookWorld.Agent);
    }

    [Fact]
    public void An_agent_that_lost_count_of_its_lives_goes_on_above_the_masters_number()
    {
        var world = new BookWorld();
        world.Start();

        world.Master(new MasterMessage { Outdated = new MasterMessage.Types.Outdated { Life = 7 } });
        world.Effects.OfType<AgentEffect.CloseLink>().ShouldHaveSingleItem();
        world.Pass(TimeSpan.FromSeconds(2));
        world.Registration().Life.ShouldBe(8UL);

        world.Restart();
        world.Registration().Life.ShouldBe(9UL);
    }

    [Fact]
    public void A_broken_link_is_opened_again_after_a_pause_that_grows_to_a_minute()
    {
        var world = new BookWorld();
        world.Start();
        var bound = TimeSpan.FromSeconds(1);
        for (var attempt = 0; attempt < 12; attempt++)
        {
            world.Apply(new AgentCommand.LinkClosed(world.Link));
            world.Effects.OfType<AgentEffect.OpenLink>().ShouldBeEmpty();
            var pause = world.Book.NextDeadline!.Value - world.Now;
            pause.ShouldBeLessThanOrEqualTo(bound);
            world.Pass(pause);
            world.Effects.OfType<AgentEffect.OpenLink>().ShouldHaveSingleItem();
            bound = bound * 2 < TimeSpan.FromMinutes(1) ? bound * 2 : TimeSpan.FromMinutes(1);
        }
    }

    [Fact]
    public void A_master_that_went_silent_for_the_ping_timeout_is_looked_for_again()
    {
        var world = BookWorld.Registered();
        var old = world.Link;
        world.Pass(TimeSpan.FromSeconds(74));
        world.Effects.ShouldBeEmpty();
        world.Pass(TimeSpan.FromSeconds(3));
        world.Effects.OfType<AgentEffect.CloseLink>().ShouldHaveSingleItem().Link.ShouldBe(old);
        world.Link.ShouldBeGreaterThan(old);
    }

    [Fact]
    public void A_ping_is_answered_and_keeps_the_link()
    {
        var world = BookWorld.Registered();
        world.Pass(TimeSpan.FromSeconds(70));
        world.Master(new MasterMessage { Ping = new MasterMessage.Types.Ping { Sequence = 7, Connected = true } });
        world.Sent().ShouldHaveSingleItem().Pong.Sequence.ShouldBe(7UL);
        world.Pass(TimeSpan.FromSeconds(70));
        world.Effects.ShouldBeEmpty();
    }

    [Fact]
    public void A_ping_that_says_not_connected_makes_the_agent_register_again()
    {
        var world = BookWorld.Registered();
        world.Master(new MasterMessage { Ping = new MasterMessage.Types.Ping { Sequence = 1, Connected = false } });
        world.Effects.OfType<AgentEffect.CloseLink>().ShouldHaveSingleItem();
        world.Pass(TimeSpan.FromSeconds(2));
        world.Effects.OfType<AgentEffect.OpenLink>().ShouldHaveSingleItem();
    }

    [Fact]
    public void Messages_of_an_old_link_are_dropped()
    {
        var world = BookWorld.Registered();
        var old = world.Link;
        world.Apply(new AgentCommand.LinkClosed(old));
        world.Pass(TimeSpan.FromSeconds(2));
        world.Register();
        world.Apply(new AgentCommand.MasterMessageReceived(old, new MasterMessage
        {
            RunTask = new MasterMessage.Types.RunTask { Framework = world.Info, Task = BookWorld.Task("t") },
        }));
        world.Effects.ShouldBeEmpty();
    }

    [Fact]
    public void Registering_again_tells_every_task_with_its_oldest_unacknowledged_update_and_newest_state()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("p"));
        world.Apply(new AgentCommand.LinkClosed(world.Link));
        world.Pass(TimeSpan.FromSeconds(2));
        var registration = world.Registration();
        var task = registration.Tasks.Single(static task => task.TaskId.Value == "t");
        task.State.ShouldBe(TaskState.TaskRunning);
        task.StatusUpdateState.ShouldBe(TaskState.TaskStarting);
        task.StatusUpdateUuid.Length.ShouldBe(16);
        // The executor of a command task is the agent's own business.
        registration.Executors.ShouldHaveSingleItem().ExecutorId.Value.ShouldBe("pod");
        registration.Frameworks.ShouldHaveSingleItem().Id.Value.ShouldBe(BookWorld.Framework);
    }

    [Fact]
    public void A_refused_agent_destroys_everything_forgets_itself_and_stops()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.Master(new MasterMessage { Shutdown = new MasterMessage.Types.Shutdown { Message = "gone" } });
        world.Destroyed().ShouldContain(launch.Container);
        world.Effects.OfType<AgentEffect.StopAgent>().ShouldHaveSingleItem().Reason.ShouldBe("gone");
        world.Disk.ShouldBeEmpty();
        world.Pass(TimeSpan.FromHours(1));
        world.Effects.OfType<AgentEffect.OpenLink>().ShouldBeEmpty();
    }

    private static void WritesLead(BookWorld world)
    {
        var effects = world.Effects.ToList();
        effects.FindIndex(static effect => effect is AgentEffect.WriteCheckpoint { Key: "agent" })
            .ShouldBeInRange(0, effects.FindIndex(static effect => effect is AgentEffect.OpenLink));
    }

    [Fact]
    public void A_master_that_gives_another_identity_is_not_obeyed()
    {
        var world = BookWorld.Registered();
        world.Apply(new AgentCommand.LinkClosed(world.Link));
        world.Pass(TimeSpan.FromSeconds(2));
        world.Register("other-S9");
        world.Effects.OfType<AgentEffect.StopAgent>().ShouldHaveSingleItem();
    }
}
