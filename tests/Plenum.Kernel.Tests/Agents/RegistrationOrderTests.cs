using Google.Protobuf;
using Plenum.Kernel.Commands;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Tests.Agents;

/// <summary>Registrations that were held up on their way, and agents that lost count of their lives.</summary>
public sealed class RegistrationOrderTests
{
    private readonly TestCluster _cluster = new();
    private readonly TestAgent _agent;
    private long _link = 1000;

    public RegistrationOrderTests() => _agent = new TestAgent("a.example", "cpus:4;mem:4096");

    [Fact]
    public void A_registration_that_arrives_after_a_newer_one_of_the_same_process_is_not_believed()
    {
        // Found by the simulator with seeds 92, 105 and 174: running tasks were declared dropped.
        Register(Report(1, 1));
        var late = Report(1, 2);
        Register(Report(1, 3));

        ShouldBeRefused(late);
    }

    [Fact]
    public void A_first_word_of_an_earlier_process_that_arrives_late_is_not_believed()
    {
        // Found by the simulator with seeds 453, 636 and 804: no registration of that process had arrived before, so
        // nothing but the life tells that it is over; the living one was then refused for good.
        Register(Report(1, 1));
        var late = Report(2, 1);
        Register(Report(3, 1));

        ShouldBeRefused(late);
        Register(Report(3, 2)).ShouldContain(message => message.Registered != null);
    }

    [Fact]
    public void A_late_first_registration_without_an_id_does_not_replace_the_agent_it_came_from()
    {
        var late = Report(1, 1);
        Register(Report(1, 2));
        Register(Report(1, 3));

        ShouldBeRefused(late);
    }

    [Fact]
    public void The_next_master_knows_the_highest_life_from_the_registry()
    {
        Register(Report(1, 1));
        var late = Report(2, 1);
        Register(Report(3, 1));
        _cluster.RestartMaster();

        Register(late).Single().Outdated.Life.ShouldBe(3UL);
        _cluster.Snapshot.Agents.ShouldBeEmpty();
        Register(Report(3, 2)).ShouldContain(message => message.Registered != null);
    }

    [Fact]
    public void An_agent_whose_disk_came_back_from_a_copy_learns_which_life_to_exceed()
    {
        Register(Report(7, 1));

        Register(Report(3, 1)).Single().Outdated.Life.ShouldBe(7UL);
        Register(Report(8, 2)).ShouldContain(message => message.Registered != null);
    }

    [Fact]
    public void Of_two_processes_of_one_life_the_one_that_listens_wins()
    {
        Register(Report(7, 1));
        var other = Report(7, 5, process: 99);

        Register(other).Single().Outdated.Life.ShouldBe(7UL);
        Register(Report(8, 6, process: 99)).ShouldContain(message => message.Registered != null);
    }

    [Fact]
    public void Of_two_agents_with_one_identity_the_one_that_was_replaced_is_told_to_leave()
    {
        // Each would take a life above the other's for ever, and the tasks would come and go with them.
        Register(Report(7, 1));
        var first = Report(9, 2, process: 7);
        Register(Report(8, 1));

        var told = Register(first).Single().Outdated;
        (told.Superseded, _agent.Closed[^1]).ShouldBe((true, _agent.Link));
        _cluster.Notes.ShouldContain(note => note.Contains("one identity", StringComparison.Ordinal));
        Register(Report(8, 2)).ShouldContain(message => message.Registered != null);
    }

    [Fact]
    public void An_agent_that_lost_its_disk_takes_the_place_of_the_old_one_once_its_life_is_higher()
    {
        Register(Report(7, 1));
        Register(Report(7, 2));
        var first = _agent.Id;
        _agent.Info.Id = null;

        Register(Report(1, 1, process: 50)).Single().Outdated.Life.ShouldBe(7UL);
        _cluster.Snapshot.Agents.Single().Id.ShouldBe(first);
        Register(Report(8, 2, process: 50));
        _cluster.Snapshot.Agents.Single().Id.ShouldNotBe(first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_agent_lost_before_it_ever_heard_its_id_gets_the_same_one_when_it_asks_again(bool restarted)
    {
        // Found by the simulator with seeds 444 and 449: under a second identity, tasks launched on the first stayed
        // unreachable although nobody could ever come back with them.
        Register(Report(1, 1));
        var id = _agent.Id;
        var framework = _cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        _cluster.Advance(TimeSpan.FromSeconds(75));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskUnreachable);
        if (restarted)
        {
            _cluster.RestartMaster();
            framework.Resubscribe();
        }

        framework.Forget();
        _agent.Info.Id = null;
        Register(Report(1, 2));
        framework.Reconcile(("t1", id));

        _agent.Id.ShouldBe(id);
        _cluster.Snapshot.UnreachableAgents.ShouldBeEmpty();
        framework.Updates.ShouldNotBeEmpty();
        framework.Updates.ShouldAllBe(update => update.State == TaskState.TaskGone);
    }

    [Fact]
    public void An_agent_that_used_its_id_and_lost_it_is_a_new_one_also_for_the_next_master()
    {
        Register(Report(1, 1));
        var id = _agent.Id;
        _agent.Say(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } });
        _cluster.RestartMaster();
        _agent.Info.Id = null;

        Register(Report(2, 1));

        _agent.Id.ShouldNotBe(id);
        _cluster.Snapshot.RecoveredAgents.ShouldBeEmpty();
        _cluster.Registry.Keys.ShouldNotContain($"kernel/agents/{id}");
    }

    private AgentMessage.Types.Register Report(ulong life, ulong attempt, byte? process = null)
    {
        var report = _agent.Report();
        report.Life = life;
        report.Attempt = attempt;
        report.Incarnation = ByteString.CopyFrom(process ?? (byte)life);
        return report;
    }

    private List<MasterMessage> Register(AgentMessage.Types.Register report)
    {
        _cluster.Adopt(_agent, new AgentLinkId(++_link));
        _cluster.Apply(new KernelCommand.RegisterAgent(_agent.Link, report.Clone()));
        return _agent.Received;
    }

    private void ShouldBeRefused(AgentMessage.Types.Register late)
    {
        var (current, id) = (_agent.Link, _agent.Id);
        Register(late).Single().Outdated.ShouldNotBeNull();
        _agent.Closed[^1].ShouldBe(_agent.Link);
        _agent.Closed.ShouldNotContain(current);
        _cluster.Apply(new KernelCommand.AgentLinkClosed(_agent.Link));
        _cluster.Snapshot.FindAgent(id)!.Connected.ShouldBeTrue();
    }
}
