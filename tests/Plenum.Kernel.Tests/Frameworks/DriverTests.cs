using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Tests.Frameworks;

/// <summary>What differs for frameworks of the old driver; the rest they share with all others.</summary>
public sealed class DriverTests
{
    private const string First = "scheduler-1@127.0.0.1:1";
    private const string Second = "scheduler-2@127.0.0.1:2";

    [Fact]
    public void Only_the_process_that_had_the_framework_gets_it_back_without_force()
    {
        var cluster = new TestCluster();
        var framework = cluster.SubscribeDriver(new TestFramework(TestFramework.Describe("old")), First);
        cluster.Apply(new KernelCommand.SchedulerStreamClosed(framework.Stream));

        var other = cluster.SubscribeDriver(new TestFramework(framework.Info), Second);
        other.Error.ShouldBe("Framework failed over");
        cluster.Snapshot.FindFramework(framework.Id)!.Pid.ShouldBe(First);

        cluster.SubscribeDriver(framework, First).Error.ShouldBeNull();
        cluster.Snapshot.FindFramework(framework.Id)!.Connected.ShouldBeTrue();

        var forced = cluster.SubscribeDriver(new TestFramework(framework.Info), Second, force: true);
        forced.Error.ShouldBeNull();
        framework.Error.ShouldBe("Framework failed over");
        cluster.Snapshot.FindFramework(framework.Id)!.Pid.ShouldBe(Second);
    }

    [Fact]
    public void After_a_restart_of_the_master_any_process_may_come_back_and_the_last_one_is_known()
    {
        var cluster = new TestCluster();
        var framework = cluster.SubscribeDriver(new TestFramework(TestFramework.Describe("old")), First);
        cluster.RestartMaster();
        cluster.Snapshot.FindFramework(framework.Id)!.Pid.ShouldBe(First);

        cluster.SubscribeDriver(framework, Second).Error.ShouldBeNull();
        cluster.RestartMaster();
        cluster.Snapshot.FindFramework(framework.Id)!.Pid.ShouldBe(Second);

        // Once it speaks HTTP there is no process to connect to any more.
        framework.Resubscribe();
        cluster.RestartMaster();
        cluster.Snapshot.FindFramework(framework.Id)!.Pid.ShouldBeNull();
    }

    [Fact]
    public void A_driver_that_subscribes_again_keeps_its_stream_and_loses_its_offers()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.SubscribeDriver(new TestFramework(TestFramework.Describe("old")), First);
        cluster.Settle();
        var offer = framework.Offers.ShouldHaveSingleItem();

        cluster.SubscribeDriver(framework, First, again: true);

        framework.Error.ShouldBeNull();
        framework.Closed.ShouldBeEmpty();
        framework.Rescinded.ShouldBe([offer.Id.Value]);
        framework.Events.Count(message => message.Type == Event.Types.Type.Subscribed).ShouldBe(2);
        cluster.Settle();
        framework.Offers.Count.ShouldBe(2);
    }

    [Fact]
    public void A_deactivated_framework_gets_nothing_until_it_subscribes_again()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.SubscribeDriver(new TestFramework(TestFramework.Describe("old")), First);
        cluster.Settle();
        cluster.Apply(new KernelCommand.DeactivateFramework(framework.Stream));

        framework.Rescinded.Count.ShouldBe(1);
        var shown = cluster.Snapshot.FindFramework(framework.Id)!;
        shown.Active.ShouldBeFalse();
        shown.Connected.ShouldBeTrue();
        cluster.Apply(new KernelCommand.SchedulerCall(framework.Stream, new Call { Type = Call.Types.Type.Revive, FrameworkId = framework.Info.Id }));
        cluster.Advance(TimeSpan.FromMinutes(1));
        framework.Offers.Count.ShouldBe(1);
        cluster.Apply(new KernelCommand.ExplainFramework(new OperatorRequestId(1), framework.Id));
        cluster.LastEffects.OfType<KernelEffect.AnswerExplanation>().Single().Explanation!.Active.ShouldBeFalse();

        cluster.SubscribeDriver(framework, First, again: true);
        cluster.Settle();
        framework.Offers.Count.ShouldBe(2);
        cluster.Snapshot.FindFramework(framework.Id)!.Active.ShouldBeTrue();
    }
}
