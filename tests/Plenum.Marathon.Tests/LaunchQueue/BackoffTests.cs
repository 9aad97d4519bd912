using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Tests.LaunchQueue;

public sealed class BackoffTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Delays_grow_by_the_factor_up_to_the_maximum()
    {
        Backoff? backoff = null;
        var delays = new List<double>();
        for (var failure = 0; failure < 6; failure++)
        {
            backoff = Backoff.After(backoff, 1, 2, 10, Start);
            delays.Add(backoff.Delay.TotalSeconds);
        }

        delays.ShouldBe([1, 2, 4, 8, 10, 10]);
    }

    [Fact]
    public void No_delay_exceeds_the_maximum_or_shrinks_while_failures_go_on()
    {
        var cases =
            from first in Gen.Choose(0, 1000)
            from factor in Gen.Choose(10, 1_000_000)
            from max in Gen.Choose(0, 5000)
            select (first, factor: factor / 10.0, max);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            Backoff? backoff = null;
            for (var failure = 0; failure < 40; failure++)
            {
                var next = Backoff.After(backoff, one.first, one.factor, one.max, Start);
                next.Delay.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(one.max));
                next.Delay.ShouldBeGreaterThanOrEqualTo(backoff?.Delay ?? TimeSpan.Zero);
                backoff = next;
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_failed_task_waits_and_is_launched_when_the_delay_is_over()
    {
        var cluster = Crashing(out var task);
        cluster.Report(task, TaskState.TaskFailed);
        cluster.State.Queue.Single().DelayedUntil.ShouldBe(cluster.Now + TimeSpan.FromSeconds(10));
        cluster.CallsOf(Call.Types.Type.Revive).ShouldBeEmpty();
        cluster.GiveOffers(cluster.Offer()).ShouldBeEmpty();

        cluster.Pass(10);
        cluster.CallsOf(Call.Types.Type.Revive).Count.ShouldBe(1);
        cluster.GiveOffers(cluster.Offer()).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(TaskState.TaskFinished, true)] // a service that exits again and again must not spin
    [InlineData(TaskState.TaskError, true)]
    [InlineData(TaskState.TaskGone, true)]
    [InlineData(TaskState.TaskDropped, true)]
    [InlineData(TaskState.TaskKilled, false)]
    public void Only_ends_that_nobody_wanted_delay_the_next_start(TaskState end, bool delays)
    {
        var cluster = Crashing(out var task);
        cluster.Report(task, end);
        (cluster.State.Queue.Single().DelayedUntil > cluster.Now).ShouldBe(delays);
    }

    [Fact]
    public void The_delay_can_be_reset_and_then_the_launch_is_immediate()
    {
        var cluster = Crashing(out var task);
        cluster.Report(task, TaskState.TaskFailed);
        var effects = new List<MarathonEffect>();
        cluster.Core.ResetDelay(PathId.Parse("/web"), cluster.Now, effects).ShouldBeTrue();
        cluster.Core.ResetDelay(PathId.Parse("/nobody"), cluster.Now, effects).ShouldBeFalse();
        cluster.GiveOffers(cluster.Offer()).Count.ShouldBe(1);
    }

    [Fact]
    public void A_crash_loop_does_not_start_afresh_with_a_restart_of_the_orchestrator()
    {
        var cluster = Crashing(out var task);
        cluster.Report(task, TaskState.TaskFailed);
        cluster.Restart();
        cluster.GiveOffers(cluster.Offer()).ShouldBeEmpty();
        cluster.Pass(10);
        cluster.GiveOffers(cluster.Offer()).Count.ShouldBe(1);
    }

    [Fact]
    public void A_new_configuration_is_a_new_chance()
    {
        var cluster = Crashing(out var task);
        cluster.Report(task, TaskState.TaskFailed);
        cluster.Change("/web", app => app with { Cmd = "sleep 7" });
        cluster.GiveOffers(cluster.Offer()).Count.ShouldBe(1);
    }

    private static CoreHarness Crashing(out string task)
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App() with { BackoffSeconds = 10 });
        task = cluster.RunAll().Single().TaskId.Value;
        cluster.Calls.Clear();
        return cluster;
    }
}
