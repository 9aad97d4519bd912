using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Metronome.Tests.Core;

public class RunTests
{
    private const string OnFailure = ", \"restart\": {\"policy\": \"ON_FAILURE\"}";

    private readonly CoreHarness _harness = new();

    private FakeTask Task => _harness.Cluster.Alive.Single();

    [Fact]
    public void A_run_waits_becomes_active_succeeds_and_moves_to_the_history()
    {
        _harness.Create(CoreHarness.Job("reports.daily"));
        _harness.Connect();
        var run = _harness.Start("reports.daily");
        _harness.Find("reports.daily").Active.Values.Single().Status.ShouldBe(RunStatus.Starting);
        _harness.Offer();
        Task.Id.ShouldStartWith($"reports_daily_{run.Id}.");
        _harness.Report(Task, TaskState.TaskRunning);
        _harness.Find("reports.daily").Active.Values.Single().Status.ShouldBe(RunStatus.Active);

        _harness.Report(Task, TaskState.TaskFinished);

        var job = _harness.Find("reports.daily");
        job.Active.ShouldBeEmpty();
        var ended = job.Succeeded.ShouldHaveSingleItem();
        (ended.Id, ended.Status, ended.CompletedAt).ShouldBe((run.Id, RunStatus.Success, _harness.Wall));
        (job.State.SuccessCount, job.State.LastSuccessAt).ShouldBe((1, _harness.Wall));
    }

    [Fact]
    public void A_failure_ends_a_run_that_is_never_restarted_and_says_why()
    {
        _harness.Create(CoreHarness.Job("a"));
        _harness.Connect();
        _harness.Start("a");
        _harness.Offer();

        _harness.Report(Task, TaskState.TaskFailed, "Command exited with status 3");

        var failed = _harness.Find("a").Failed.ShouldHaveSingleItem();
        failed.Message.ShouldNotBeNull().ShouldContain("Command exited with status 3");
        ExitText.CodeOf(failed.Tasks[0].Message).ShouldBe(3);
        failed.Tasks[0].CompletedAt.ShouldBe(_harness.Wall);
    }

    [Fact]
    public void A_run_that_is_restarted_waits_longer_after_every_failure()
    {
        _harness.Create(CoreHarness.Job("a", run: OnFailure));
        _harness.Connect();
        _harness.Start("a");
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 4; i++)
        {
            _harness.Offer();
            _harness.Report(Task, TaskState.TaskFailed);
            _harness.Offer();
            _harness.Cluster.Alive.ShouldBeEmpty();
            pauses.Add(_harness.Core.NextDeadline!.Value - _harness.Steady);
            _harness.Pass(pauses[^1]);
        }

        pauses.ShouldBe([.. new[] { 1, 2, 4, 8 }.Select(static seconds => TimeSpan.FromSeconds(seconds))]);
        _harness.Offer();
        _harness.Report(Task, TaskState.TaskFinished);
        _harness.Find("a").Succeeded.ShouldHaveSingleItem().Attempts.ShouldBe(5);
    }

    [Fact]
    public void Restarts_end_with_the_active_deadline()
    {
        _harness.Create(CoreHarness.Job("a", run: ", \"restart\": {\"policy\": \"ON_FAILURE\", \"activeDeadlineSeconds\": 60}"));
        _harness.Connect();
        _harness.Start("a");
        _harness.Offer();
        _harness.Pass(TimeSpan.FromSeconds(61));

        _harness.Report(Task, TaskState.TaskFailed);

        _harness.Find("a").Failed.ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldContain("60 s");
    }

    [Fact]
    public void A_stop_kills_the_task_again_and_again_until_it_is_gone_and_the_run_failed()
    {
        _harness.Create(CoreHarness.Job("a", run: OnFailure));
        _harness.Connect();
        var run = _harness.Start("a");
        _harness.Offer();
        _harness.Report(Task, TaskState.TaskRunning);
        _harness.LosesCall = static () => true;
        _harness.Stop("a", run.Id).ShouldBeOfType<JobResult.RunDone>();
        _harness.Pass(TimeSpan.FromSeconds(25));
        _harness.Calls.Count(static call => call.Type == Call.Types.Type.Kill).ShouldBe(3);

        _harness.LosesCall = static () => false;
        _harness.Pass(TimeSpan.FromSeconds(10));
        _harness.Flush();

        _harness.Find("a").Failed.ShouldHaveSingleItem().Message.ShouldBe("stopped on request");
        _harness.Stop("a", run.Id).ShouldBeOfType<JobResult.NoSuchRun>();
    }

    [Fact]
    public void A_launch_that_was_lost_on_the_way_is_made_again_also_for_a_run_that_is_never_restarted()
    {
        _harness.Create(CoreHarness.Job("a"));
        _harness.Connect();
        _harness.Start("a");
        _harness.LosesCall = static () => true;
        _harness.Offer();
        _harness.Disconnect();
        _harness.LosesCall = static () => false;

        _harness.Connect();
        _harness.Pass(TimeSpan.FromSeconds(2));
        _harness.Offer();
        _harness.Report(Task, TaskState.TaskFinished);

        _harness.Find("a").Succeeded.ShouldHaveSingleItem().Attempts.ShouldBe(2);
    }

    [Fact]
    public void A_task_whose_agent_does_not_come_back_is_lost_and_killed_should_it_show_up()
    {
        _harness.Create(CoreHarness.Job("a"));
        _harness.Connect();
        _harness.Start("a");
        _harness.Offer();
        var task = Task;
        _harness.Report(task, TaskState.TaskRunning);
        _harness.Report(task, TaskState.TaskUnreachable);
        _harness.Find("a").Active.Values.Single().Status.ShouldBe(RunStatus.Active);

        _harness.Pass(TimeSpan.FromMinutes(5));

        _harness.Find("a").Failed.ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldContain("could not be reached");
        _harness.Report(task, TaskState.TaskRunning);
        task.State.ShouldBe(TaskState.TaskKilled);
    }

    [Fact]
    public void A_task_that_comes_back_in_time_goes_on()
    {
        _harness.Create(CoreHarness.Job("a"));
        _harness.Connect();
        _harness.Start("a");
        _harness.Offer();
        var task = Task;
        _harness.Report(task, TaskState.TaskUnreachable);
        _harness.Pass(TimeSpan.FromMinutes(4));

        _harness.Report(task, TaskState.TaskRunning);
        _harness.Pass(TimeSpan.FromMinutes(10));

        _harness.Find("a").Active.Values.ShouldHaveSingleItem().Live!.Condition.ShouldBe(Condition.Running);
    }

    [Fact]
    public void A_new_life_goes_on_with_the_runs_of_the_one_before()
    {
        _harness.Create(CoreHarness.Job("a"));
        _harness.Connect();
        _harness.Start("a");
        _harness.Start("a");
        _harness.Offer();
        var tasks = _harness.Cluster.Alive.ToList();
        _harness.Report(tasks[0], TaskState.TaskRunning);
        _harness.Restart();
        tasks[1].State = TaskState.TaskFinished;
        _harness.Handle(_harness.Cluster.Subscribed(), FakeCluster.Status(tasks[1]));

        _harness.Find("a").Succeeded.Count.ShouldBe(1);
        _harness.Report(tasks[0], TaskState.TaskFinished);
        _harness.Find("a").Succeeded.Count.ShouldBe(2);
        _harness.Find("a").State.SuccessCount.ShouldBe(2);
    }

    [Fact]
    public void The_history_keeps_so_many_of_each_kind_in_the_store_too_and_counts_all()
    {
        var harness = new CoreHarness(new MetronomeOptions { HistoryCount = 3 });
        harness.Create(CoreHarness.Job("a"));
        harness.Connect();
        for (var i = 0; i < 8; i++)
        {
            harness.Start("a");
            harness.Offer();
            harness.Report(harness.Cluster.Alive.Single(), i % 2 == 0 ? TaskState.TaskFinished : TaskState.TaskFailed);
        }

        harness.Restart();

        var job = harness.Find("a");
        (job.Succeeded.Count, job.Failed.Count, job.State.SuccessCount, job.State.FailureCount).ShouldBe((3, 3, 4, 4));
        harness.Store.Keys.Count(static key => key.Contains("/runs/", StringComparison.Ordinal)).ShouldBe(6);
        job.Succeeded.ShouldBeInOrder(SortDirection.Descending, Comparer<JobRun>.Create(static (a, b) => a.Sequence.CompareTo(b.Sequence)));
    }

    [Fact]
    public void A_run_may_have_a_command_variables_and_resources_of_its_own()
    {
        _harness.Create(CoreHarness.Job("a", run: ", \"env\": {\"KEEP\": \"1\", \"DAY\": \"today\"}"));
        _harness.Connect();
        _harness.Start("a", new RunOverrides
        {
            Cmd = "echo $DAY",
            Cpus = 2,
            Env = ValueMap<EnvironmentValue>.From([new("DAY", EnvironmentValue.Of("monday"))]),
        });

        _harness.Offer();

        Task.Cpus.ShouldBe(2);
        Task.Info.Command.Value.ShouldBe("echo $DAY");
        var variables = Task.Info.Command.Environment.Variables.ToDictionary(static variable => variable.Name, static variable => variable.Value);
        (variables["KEEP"], variables["DAY"]).ShouldBe(("1", "monday"));
        _harness.Find("a").Spec.Run.Cmd.ShouldBe("true");
    }

    [Fact]
    public void A_deleted_job_takes_its_runs_along_and_its_successor_of_the_same_name_knows_nothing_of_them()
    {
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *", ", \"concurrencyPolicy\": \"FORBID\"")));
        _harness.Connect();
        _harness.Start("a");
        _harness.Offer();
        var task = Task;
        _harness.Delete("a", stop: false).ShouldBeOfType<JobResult.Conflict>().Message.ShouldContain("stopCurrentJobRuns=true");
        _harness.LosesCall = static () => true;
        _harness.Delete("a").ShouldBeOfType<JobResult.Done>();
        _harness.Create(CoreHarness.Job("a", CoreHarness.Schedule("every", "* * * * *", ", \"concurrencyPolicy\": \"FORBID\"")));
        _harness.Pass(TimeSpan.FromMinutes(1));

        // The old task still runs: nothing may run beside it.
        _harness.Find("a").Active.ShouldBeEmpty();
        _harness.Find("a").Skips.ShouldNotBeEmpty();
        _harness.LosesCall = static () => false;
        _harness.Pass(TimeSpan.FromSeconds(20));
        _harness.Flush();
        task.State.ShouldBe(TaskState.TaskKilled);
        _harness.Find("a").Failed.ShouldBeEmpty();
        _harness.Store.Keys.ShouldAllBe(static key => !key.Contains("/runs/", StringComparison.Ordinal));
    }

    [Fact]
    public void Offers_are_wanted_only_while_something_waits()
    {
        _harness.Create(CoreHarness.Job("a"));
        _harness.Connect();
        _harness.Cluster.IsSuppressed.ShouldBeTrue();
        _harness.Start("a");
        _harness.Cluster.IsSuppressed.ShouldBeFalse();
        _harness.Offer();
        _harness.Cluster.IsSuppressed.ShouldBeTrue();
    }

    [Fact]
    public void Placement_is_obeyed_and_a_constraint_without_a_value_restricts_nothing()
    {
        _harness.Create(CoreHarness.Job(
            "here", run: ", \"placement\": {\"constraints\": [{\"attribute\": \"hostname\", \"operator\": \"EQ\", \"value\": \"host-A-1\"}]}"));
        _harness.Create(CoreHarness.Job(
            "nowhere", run: ", \"placement\": {\"constraints\": [{\"attribute\": \"hostname\", \"operator\": \"LIKE\", \"value\": \"other.*\"}]}"));
        _harness.Create(CoreHarness.Job(
            "anywhere", run: ", \"placement\": {\"constraints\": [{\"attribute\": \"rack\", \"operator\": \"LIKE\"}]}"));
        _harness.Connect();
        _harness.Start("here");
        _harness.Start("nowhere");
        _harness.Start("anywhere");

        _harness.Offer();

        var placed = _harness.Cluster.Alive.ToDictionary(static task => task.Id.Split('_')[0], static task => task.AgentId);
        placed.Keys.Order().ShouldBe(["anywhere", "here"]);
        placed["here"].ShouldBe("A-1");
    }
}
