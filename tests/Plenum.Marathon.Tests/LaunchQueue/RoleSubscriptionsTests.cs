using Google.Protobuf;
using Plenum.Marathon.Core;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Tests.LaunchQueue;

public sealed class RoleSubscriptionsTests
{
    [Fact]
    public void Nothing_wanted_at_the_start_is_suppressed_at_once()
    {
        var cluster = new CoreHarness();
        cluster.Connect();
        cluster.CallsOf(Call.Types.Type.Suppress).Single().Suppress.Roles.ShouldBe(["*"]);
    }

    [Fact]
    public void A_want_out_of_the_silence_never_waits_for_the_interval()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { ReviveBurst = 1 });
        for (var i = 0; i < 10; i++)
        {
            cluster.Calls.Clear();
            cluster.Put(CoreHarness.App($"/app-{i}"));
            cluster.CallsOf(Call.Types.Type.Revive).Count.ShouldBe(1);
            cluster.RunAll().Count.ShouldBe(1);
        }
    }

    [Fact]
    public void A_storm_of_wants_is_spread_over_the_interval_and_none_is_lost()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { ReviveBurst = 3 });
        for (var i = 0; i < 20; i++)
        {
            cluster.Put(CoreHarness.App($"/app-{i}"));
        }

        cluster.CallsOf(Call.Types.Type.Revive).Count.ShouldBe(4, "one that wakes the role, three of the burst");
        cluster.Calls.Clear();
        cluster.Pass(5);
        cluster.CallsOf(Call.Types.Type.Revive).Count.ShouldBe(1);
    }

    [Fact]
    public void The_framework_says_what_it_is_and_keeps_its_id()
    {
        var cluster = new CoreHarness();
        var first = cluster.Core.SubscribeCall();
        first.FrameworkId.ShouldBeNull();
        var info = first.Subscribe.FrameworkInfo;
        info.Name.ShouldBe("marathon");
        info.Checkpoint.ShouldBeTrue();
        info.FailoverTimeout.ShouldBe(604800);
        info.HasRole.ShouldBeFalse("MULTI_ROLE forbids it");
        info.IsInitialized().ShouldBeTrue();

        cluster.Connect();
        cluster.Restart(connect: false);
        var again = cluster.Core.SubscribeCall();
        again.FrameworkId.Value.ShouldBe(CoreHarness.Framework);
        again.Subscribe.FrameworkInfo.Id.Value.ShouldBe(CoreHarness.Framework);
    }
}
