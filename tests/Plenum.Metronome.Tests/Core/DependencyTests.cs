using Plenum.Metronome.Core;
using Plenum.Metronome.Runs;
using Plenum.Protocol.V1;

namespace Plenum.Metronome.Tests.Core;

public class DependencyTests
{
    private readonly CoreHarness _harness = new();

    public DependencyTests()
    {
        _harness.Create(CoreHarness.Job("left"));
        _harness.Create(CoreHarness.Job("right"));
        _harness.Create(CoreHarness.Job("child", ", \"dependencies\": [{\"id\": \"left\"}, {\"id\": \"right\"}]"));
        _harness.Connect();
    }

    [Fact]
    public void A_job_starts_when_all_it_depends_on_succeeded_and_then_when_they_did_again()
    {
        Ends("left", TaskState.TaskFinished);
        Ends("left", TaskState.TaskFinished);
        _harness.Find("child").Active.ShouldBeEmpty();

        Ends("right", TaskState.TaskFinished);

        _harness.Find("child").Active.Values.ShouldHaveSingleItem().Cause.ShouldBe(RunCause.Dependency);
        Ends("right", TaskState.TaskFinished);
        _harness.Find("child").Active.Count.ShouldBe(1);
        Ends("left", TaskState.TaskFinished);
        _harness.Find("child").Active.Count.ShouldBe(2);
    }

    [Fact]
    public void One_whose_newest_run_failed_does_not_count()
    {
        Ends("left", TaskState.TaskFinished);
        Ends("left", TaskState.TaskFailed);
        Ends("right", TaskState.TaskFinished);
        _harness.Find("child").Active.ShouldBeEmpty();

        Ends("left", TaskState.TaskFinished);

        _harness.Find("child").Active.Count.ShouldBe(1);
    }

    [Fact]
    public void What_succeeded_is_known_to_the_next_life_and_a_failure_of_the_job_itself_does_not_keep_it_from_starting_again()
    {
        Ends("left", TaskState.TaskFinished);
        _harness.Restart();
        _harness.Connect();
        Ends("right", TaskState.TaskFinished);
        Fails("child");

        Ends("right", TaskState.TaskFinished);
        Ends("left", TaskState.TaskFinished);

        _harness.Find("child").Active.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("[{\"id\": \"nobody\"}]", "/dependencies(0)/id")]
    [InlineData("[{\"id\": \"child\"}]", "/dependencies")]
    public void Unknown_jobs_and_circles_are_refused(string dependencies, string path)
    {
        var changed = CoreHarness.Job("left", $", \"dependencies\": {dependencies}");

        _harness.Do((time, effects) => _harness.Core.UpdateJob(changed, keepSchedules: true, time, effects))
            .ShouldBeOfType<JobResult.Invalid>().Path.ShouldBe(path);
    }

    [Fact]
    public void A_job_that_others_depend_on_stays() =>
        _harness.Delete("left").ShouldBeOfType<JobResult.Conflict>().Message.ShouldContain("child");

    private void Ends(string job, TaskState state)
    {
        var run = _harness.Start(job);
        _harness.Offer();
        _harness.Report(_harness.Cluster.Alive.Single(task => task.Id.Contains(run.Id, StringComparison.Ordinal)), state);
    }

    private void Fails(string job)
    {
        _harness.Offer();
        _harness.Report(_harness.Cluster.Alive.Single(task => task.Id.StartsWith(job + "_", StringComparison.Ordinal)), TaskState.TaskFailed);
    }
}
