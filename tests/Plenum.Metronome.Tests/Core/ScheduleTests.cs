using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;
using Plenum.Protocol.V1;

namespace Plenum.Metronome.Tests.Core;

public class ScheduleTests
{
    private const string Forbid = ", \"concurrencyPolicy\": \"FORBID\"";

    private readonly CoreHarness _harness = new();

    [Fact]
    public void A_run_begins_at_the_very_tick_also_one_that_comes_right_after_the_schedule_was_made()
    {
        // Half a minute before the next: the original made this one late.
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *")));

        _harness.Pass(TimeSpan.FromSeconds(29));
        _harness.Find("a").Active.ShouldBeEmpty();
        _harness.Pass(TimeSpan.FromSeconds(1));

        var run = _harness.Find("a").Active.Values.ShouldHaveSingleItem();
        run.ScheduledFor.ShouldBe(_harness.Wall);
        run.CreatedAt.ShouldBe(_harness.Wall);
        (run.Cause, run.ScheduleId, run.StartingDeadlineSeconds).ShouldBe((RunCause.Schedule, "every", 900));
    }

    [Fact]
    public void A_schedule_or_a_run_that_makes_the_definition_too_large_to_keep_is_refused_and_changes_nothing()
    {
        var job = CoreHarness.Job("a") with { Description = new string('x', JobBounds.MaxDefinitionBytes - 1_000) };
        _harness.Create(job).ShouldBeOfType<JobResult.Done>();
        var schedule = new ScheduleSpec { Id = "every", Cron = "* * * * *" + new string(' ', 2_000), TimeZone = "UTC" };

        _harness.Do((time, effects) => _harness.Core.CreateSchedule("a", schedule, time, effects)).ShouldBeOfType<JobResult.Invalid>();
        _harness.Do((time, effects) => _harness.Core.StartRun("a", new RunOverrides { Cmd = new string('<', 2_000) }, time, effects))
            .ShouldBeOfType<JobResult.Invalid>();

        _harness.Find("a").Spec.ShouldBe(job);
        _harness.Find("a").Active.ShouldBeEmpty();
    }

    [Fact]
    public void The_longest_names_have_room_in_the_store_and_in_the_ids_of_tasks()
    {
        var job = new string('a', JobId.MaxLength);
        var schedule = new string('b', JobId.MaxLength);
        _harness.Create(CoreHarness.Job(job, CoreHarness.Schedule(schedule, "* * * * *"))).ShouldBeOfType<JobResult.Done>();
        _harness.Connect();
        _harness.Pass(TimeSpan.FromMinutes(1));
        _harness.Offer();

        _harness.Store.Keys.ShouldAllBe(static key => key.Length <= Storage.StoreLimits.MaxKeyLength);
        _harness.Find(job).Active.Values.ShouldHaveSingleItem().Tasks.ShouldHaveSingleItem().Id.Length.ShouldBeLessThanOrEqualTo(255);
        JobId.IsValid(job + "a").ShouldBeFalse();
    }

    [Fact]
    public void Several_schedules_of_one_job_each_start_their_own_runs()
    {
        _harness.Create(CoreHarness.Job(
            "a", ", \"schedules\": [{\"id\": \"odd\", \"cron\": \"1-59/2 * * * *\"}, {\"id\": \"even\", \"cron\": \"*/2 * * * *\"}]"));

        _harness.Pass(TimeSpan.FromMinutes(4));

        _harness.Find("a").Active.Values.Select(static run => run.ScheduleId).ShouldBe(["odd", "even", "odd", "even"]);
    }

    [Fact]
    public void A_forbidden_tick_is_recorded_with_the_run_that_was_in_its_way_and_those_that_follow_are_counted_there()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *", Forbid)));
        var manual = _harness.Start("a");

        _harness.Pass(TimeSpan.FromMinutes(3));

        _harness.Find("a").Active.Values.ShouldHaveSingleItem().Id.ShouldBe(manual.Id);
        var skip = _harness.Find("a").Skips.ShouldHaveSingleItem();
        (skip.Reason, skip.Count).ShouldBe((SkipReason.Forbidden, 3));
        skip.Message.ShouldContain(manual.Id);
        (skip.Last - skip.First).ShouldBe(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public void Of_the_ticks_that_came_while_nobody_was_there_the_latest_is_started_and_the_others_are_recorded()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "*/5 * * * *")));

        // Ticks at :05, :10 and :15 pass; it is 12:17:30 when the next life begins.
        _harness.Restart(TimeSpan.FromMinutes(17));

        var run = _harness.Find("a").Active.Values.ShouldHaveSingleItem();
        run.ScheduledFor.ShouldBe(new DateTimeOffset(2026, 3, 2, 12, 15, 0, TimeSpan.Zero));
        var skip = _harness.Find("a").Skips.ShouldHaveSingleItem();
        (skip.Reason, skip.Count).ShouldBe((SkipReason.Superseded, 2));
        skip.Last.ShouldBe(new DateTimeOffset(2026, 3, 2, 12, 10, 0, TimeSpan.Zero));
    }

    [Fact]
    public void A_tick_whose_starting_deadline_passed_while_nobody_was_there_is_recorded_and_not_started()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("daily", "0 13 * * *", ", \"startingDeadlineSeconds\": 60")));

        _harness.Restart(TimeSpan.FromHours(3));

        _harness.Find("a").Active.ShouldBeEmpty();
        var skip = _harness.Find("a").Skips.ShouldHaveSingleItem();
        (skip.Reason, skip.Count, skip.ScheduleId).ShouldBe((SkipReason.Missed, 1, "daily"));
        skip.Message.ShouldContain("60 s");
    }

    [Fact]
    public void A_tick_is_not_decided_again_by_the_next_life()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *")));
        _harness.Pass(TimeSpan.FromSeconds(30));

        _harness.Restart();

        _harness.Find("a").Active.Count.ShouldBe(1);
        _harness.Find("a").Skips.ShouldBeEmpty();
    }

    [Fact]
    public void A_schedule_that_is_disabled_does_nothing_and_says_nothing_about_the_ticks_meanwhile_when_it_is_enabled_again()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *", ", \"enabled\": false")));
        _harness.Pass(TimeSpan.FromMinutes(10));
        var enabled = _harness.Find("a").Spec.Schedules[0] with { Enabled = true };
        _harness.Do((time, effects) => _harness.Core.UpdateSchedule("a", enabled, time, effects)).ShouldBeOfType<JobResult.ScheduleDone>();

        _harness.Find("a").Active.ShouldBeEmpty();
        _harness.Pass(TimeSpan.FromSeconds(30));

        _harness.Find("a").Active.Count.ShouldBe(1);
        _harness.Find("a").Skips.ShouldBeEmpty();
    }

    [Fact]
    public void A_clock_that_is_set_forward_makes_the_ticks_in_between_missed_and_one_set_back_does_not_repeat_them()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "*/30 * * * *", ", \"startingDeadlineSeconds\": 86400")));

        _harness.Wall += TimeSpan.FromHours(2);
        _harness.Pass(TimeSpan.FromSeconds(31));

        _harness.Find("a").Active.Count.ShouldBe(1);
        _harness.Find("a").Skips.ShouldHaveSingleItem().Count.ShouldBe(3);
        _harness.Wall -= TimeSpan.FromMinutes(45);
        _harness.Pass(TimeSpan.FromMinutes(40));
        _harness.Find("a").Active.Count.ShouldBe(1);
        _harness.Pass(TimeSpan.FromMinutes(40));
        _harness.Find("a").Active.Count.ShouldBe(2);
    }

    [Fact]
    public void A_clock_that_was_a_year_ahead_does_not_silence_a_schedule_for_a_year()
    {
        _harness.Wall += TimeSpan.FromDays(365);
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *")));
        _harness.Wall -= TimeSpan.FromDays(365);

        _harness.Pass(TimeSpan.FromMinutes(2));

        _harness.Find("a").Active.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_scheduled_run_that_finds_no_machine_within_its_starting_deadline_fails_and_a_manual_one_waits_on()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("daily", "1 12 * * *", ", \"startingDeadlineSeconds\": 120")));
        var manual = _harness.Start("a");

        _harness.Pass(TimeSpan.FromSeconds(30 + 121));

        _harness.Find("a").Active.Values.ShouldHaveSingleItem().Id.ShouldBe(manual.Id);
        var failed = _harness.Find("a").Failed.ShouldHaveSingleItem();
        failed.Message.ShouldNotBeNull().ShouldContain("starting deadline");
    }

    [Fact]
    public void A_run_that_became_active_in_time_is_not_touched_by_the_starting_deadline()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("daily", "1 12 * * *", ", \"startingDeadlineSeconds\": 120")));
        _harness.Connect();
        _harness.Pass(TimeSpan.FromSeconds(30));
        _harness.Offer();
        _harness.Report(_harness.Cluster.Alive.Single(), TaskState.TaskRunning);

        _harness.Pass(TimeSpan.FromHours(1));

        _harness.Find("a").Active.Values.ShouldHaveSingleItem().Status.ShouldBe(RunStatus.Active);
    }
}
