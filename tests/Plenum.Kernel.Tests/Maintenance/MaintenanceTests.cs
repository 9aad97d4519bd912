using Plenum.Kernel.Operators;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Allocator;
using Plenum.Protocol.V1.Maintenance;
using Plenum.Protocol.V1.Scheduler;
using OperatorCall = Plenum.Protocol.V1.Master.Call;

namespace Plenum.Kernel.Tests.Maintenance;

/// <summary>Schedule, machines down and up, inverse offers: reference sections 3.8, 4.7 and 4.10.</summary>
public sealed class MaintenanceTests
{
    [Fact]
    public void A_scheduled_machine_is_offered_with_its_unavailability_and_asked_back_from_who_holds_it()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent(hostname: "m1.example");
        cluster.AddAgent(hostname: "m2.example");
        var framework = cluster.AddFramework();
        cluster.Settle();
        var offer = framework.Offers.Single(o => o.Hostname == "m1.example");
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1"));
        framework.Forget();

        cluster.Operate(Schedule(Window("M1.example", "127.0.0.1", TestCluster.Start.AddHours(1)))).ShouldBeNull();
        cluster.Advance(TimeSpan.FromSeconds(2));

        framework.Rescinded.ShouldBeEmpty("its one offer was accepted before");
        var begin = (TestCluster.Start.AddHours(1) - DateTimeOffset.UnixEpoch).Ticks * 100;
        framework.Offers.ShouldHaveSingleItem().Unavailability.Start.Nanoseconds.ShouldBe(begin);
        var asked = Inverse(framework).ShouldHaveSingleItem();
        asked.AgentId.Value.ShouldBe(agent.Id.Value);
        asked.Unavailability.Start.Nanoseconds.ShouldBe(begin);
        asked.Resources.ShouldBeEmpty("everything is asked back");
    }

    [Fact]
    public void An_answer_is_shown_to_the_operator_and_holds_the_next_question_back_for_a_while()
    {
        var (cluster, _, framework) = Asked();
        framework.Call(new Call
        {
            Type = Call.Types.Type.DeclineInverseOffers,
            DeclineInverseOffers = new Call.Types.DeclineInverseOffers
            {
                InverseOfferIds = { Inverse(framework)[0].Id }, Filters = new Filters { RefuseSeconds = 10 },
            },
        });
        var status = cluster.Snapshot.MaintenanceStatus.DrainingMachines.ShouldHaveSingleItem();
        status.Id.Hostname.ShouldBe("m1.example");
        status.Statuses.ShouldHaveSingleItem().Status.ShouldBe(InverseOfferStatus.Types.Status.Decline);

        cluster.Advance(TimeSpan.FromSeconds(9));
        Inverse(framework).Count.ShouldBe(1);
        cluster.Advance(TimeSpan.FromSeconds(2));
        Inverse(framework).Count.ShouldBe(2);
        framework.Call(new Call
        {
            Type = Call.Types.Type.AcceptInverseOffers,
            AcceptInverseOffers = new Call.Types.AcceptInverseOffers { InverseOfferIds = { Inverse(framework)[1].Id } },
        });
        cluster.Snapshot.MaintenanceStatus.DrainingMachines[0].Statuses[0].Status.ShouldBe(InverseOfferStatus.Types.Status.Accept);
    }

    [Fact]
    public void A_schedule_is_refused_when_it_and_its_machines_that_are_down_do_not_fit_the_registry()
    {
        var cluster = new TestCluster();
        var begin = TestCluster.Start.AddHours(1);
        cluster.Operate(Schedule(Window(new string('h', 7 * 1024 * 1024), "192.0.2.1", begin)))!.Reason.ShouldContain("shorten");
        cluster.Registry.Keys.ShouldNotContain(key => key.Contains("maintenance"));

        var longest = new string('h', (7 * 1024 * 1024) - 100);
        cluster.Operate(Schedule(Window(longest, "192.0.2.1", begin))).ShouldBeNull();
        cluster.Operate(Start(new MachineID { Hostname = longest, Ip = "192.0.2.1" })).ShouldBeNull();
        cluster.Registry.Single(entry => entry.Key.Contains("maintenance")).Value.Length.ShouldBeLessThan(16 * 1024 * 1024);
    }

    [Fact]
    public void A_changed_schedule_takes_offers_and_questions_back()
    {
        var (cluster, _, framework) = Asked();
        cluster.Operate(Schedule()).ShouldBeNull();
        framework.Events.Single(e => e.RescindInverseOffer is not null).RescindInverseOffer.InverseOfferId
            .ShouldBe(Inverse(framework)[0].Id);
        framework.Rescinded.Count.ShouldBe(1);
        framework.Forget();
        cluster.Advance(TimeSpan.FromSeconds(2));
        framework.Offers.ShouldHaveSingleItem().Unavailability.ShouldBeNull();
        Inverse(framework).ShouldBeEmpty();
        cluster.Registry.Keys.ShouldNotContain(key => key.Contains("maintenance"));
    }

    [Fact]
    public void A_machine_that_goes_down_takes_its_agent_along_and_lets_it_in_again_when_it_is_up()
    {
        var (cluster, agent, framework) = Asked();
        framework.Forget();
        var machine = new MachineID { Hostname = "m1.example", Ip = "127.0.0.1" };
        cluster.Operate(Stop(machine))!.Reason.ShouldContain("is not down");
        cluster.Operate(Start(new MachineID { Hostname = "other" }))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);

        cluster.Operate(Start(machine)).ShouldBeNull();
        agent.Received[^1].Shutdown.ShouldNotBeNull();
        framework.Updates.ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskLost);
        framework.Events.Count(e => e.RescindInverseOffer is not null).ShouldBe(1);
        cluster.Snapshot.MaintenanceStatus.DownMachines.ShouldHaveSingleItem().ShouldBe(machine);
        cluster.Operate(Schedule())!.Reason.ShouldContain("must stay in the schedule");

        // The registry remembers it over a restart.
        cluster.RestartMaster();
        var late = new TestAgent("m1.example", "cpus:1;mem:64");
        cluster.Register(late);
        late.Received[^1].Shutdown.Message.ShouldContain("down for maintenance");

        cluster.Operate(Stop(machine)).ShouldBeNull();
        cluster.Snapshot.MaintenanceSchedule.Windows.ShouldBeEmpty();
        cluster.Register(late);
        late.Received.ShouldContain(message => message.Registered != null);
    }

    /// <summary>Seeds 110074 and 100929 of the simulator: the agent was cut off and never heard that its machine went down.</summary>
    [Fact]
    public void An_end_that_was_told_when_the_machine_went_down_is_all_that_is_heard_of_the_task_when_it_is_up()
    {
        var (cluster, agent, framework) = Asked();
        var uuid = agent.Update(framework, "t1", TaskState.TaskStarting, TaskState.TaskFinished);
        var task = agent.Keep(framework, "t1", TaskState.TaskFinished);
        (task.StatusUpdateState, task.StatusUpdateUuid) = (TaskState.TaskStarting, uuid);
        var machine = new MachineID { Hostname = "m1.example", Ip = "127.0.0.1" };
        agent.BreakLink();
        framework.Forget();
        cluster.Operate(Start(machine)).ShouldBeNull();
        framework.Updates.ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskFinished);

        cluster.Operate(Stop(machine)).ShouldBeNull();
        agent.Return();
        framework.Forget();
        agent.Update(framework, "t1", TaskState.TaskStarting, TaskState.TaskFinished, uuid);
        agent.Acknowledged.ShouldBe([uuid], "the agent goes on to the end only when this is acknowledged");
        framework.Reconcile(("t1", agent.Id));
        framework.Updates.ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskFinished);

        var last = agent.Update(framework, "t1", TaskState.TaskFinished);
        framework.Updates[^1].State.ShouldBe(TaskState.TaskFinished);
        framework.Updates[^1].Uuid.ShouldBe(last);
        framework.Acknowledge(agent.Id, "t1", last);
        agent.Acknowledged.ShouldBe([uuid, last]);
        cluster.Snapshot.Tasks.ShouldBeEmpty();
    }

    [Fact]
    public void A_schedule_that_names_nobody_or_somebody_twice_is_refused()
    {
        var cluster = new TestCluster();
        cluster.Operate(Schedule(Window("a", "", TestCluster.Start), Window("A", "", TestCluster.Start)))!.Reason.ShouldContain("twice");
        cluster.Operate(Schedule(Window("", "", TestCluster.Start)))!.Reason.ShouldContain("hostname or an ip");
        cluster.Operate(Schedule(new Window { Unavailability = new Unavailability { Start = new TimeInfo() } }))!.Reason.ShouldContain("no machine");
        var negative = Window("a", "", TestCluster.Start);
        negative.Unavailability.Duration = new DurationInfo { Nanoseconds = -1 };
        cluster.Operate(Schedule(negative))!.Reason.ShouldContain("negative");
        cluster.Registry.ShouldBeEmpty();
    }

    /// <summary>A framework with a task and an offer on a machine of the schedule, asked to leave it.</summary>
    private static (TestCluster Cluster, TestAgent Agent, TestFramework Framework) Asked()
    {
        var cluster = new TestCluster();
        cluster.Operate(Schedule(Window("m1.example", "127.0.0.1", TestCluster.Start.AddHours(1)))).ShouldBeNull();
        var agent = cluster.AddAgent(hostname: "m1.example");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1"));
        framework.Decline(offer);
        cluster.Advance(TimeSpan.FromSeconds(2));
        return (cluster, agent, framework);
    }

    private static List<InverseOffer> Inverse(TestFramework framework) =>
        [.. framework.Events.Where(e => e.InverseOffers is not null).SelectMany(e => e.InverseOffers.InverseOffers_)];

    private static Window Window(string hostname, string ip, DateTimeOffset start)
    {
        var id = new MachineID { Hostname = hostname };
        if (ip.Length > 0)
        {
            id.Ip = ip;
        }

        return new Window
        {
            MachineIds = { id },
            Unavailability = new Unavailability
            {
                Start = new TimeInfo { Nanoseconds = (start - DateTimeOffset.UnixEpoch).Ticks * 100 },
                Duration = new DurationInfo { Nanoseconds = 3_600_000_000_000 },
            },
        };
    }

    private static OperatorCall Schedule(params Window[] windows) => new()
    {
        Type = OperatorCall.Types.Type.UpdateMaintenanceSchedule,
        UpdateMaintenanceSchedule = new OperatorCall.Types.UpdateMaintenanceSchedule
        {
            Schedule = new Schedule { Windows = { windows } },
        },
    };

    private static OperatorCall Start(params MachineID[] machines) => new()
    {
        Type = OperatorCall.Types.Type.StartMaintenance,
        StartMaintenance = new OperatorCall.Types.StartMaintenance { Machines = { machines } },
    };

    private static OperatorCall Stop(params MachineID[] machines) => new()
    {
        Type = OperatorCall.Types.Type.StopMaintenance,
        StopMaintenance = new OperatorCall.Types.StopMaintenance { Machines = { machines } },
    };
}
