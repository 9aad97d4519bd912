using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Tests.Core;
using Plenum.Marathon.Tests.Definitions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Tests.Instances;

/// <summary>Instances of pods whose containers come to different ends, or whose agent is lost on the way.</summary>
public sealed class PodTasksTests
{
    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Theory]
    [InlineData(TaskState.TaskFailed, TaskState.TaskUnreachable)]
    [InlineData(TaskState.TaskUnreachable, TaskState.TaskFailed)]
    [InlineData(TaskState.TaskKilled, TaskState.TaskUnreachable)]
    public void One_that_broke_off_and_loses_its_agent_is_replaced_by_its_strategy(TaskState first, TaskState second)
    {
        var tasks = Run(Pair());

        _cluster.Report(tasks[0], first);
        _cluster.Report(tasks[1], second);
        Instance().Condition.ShouldBe(Condition.Unreachable);
        _cluster.Pass(1);

        (Instance().Condition, Instance().Incarnation).ShouldBe((Condition.Scheduled, 2));
    }

    [Fact]
    public void One_that_broke_off_is_going_as_long_as_any_of_its_containers_is_within_reach()
    {
        var tasks = Run(Pair("""{"name": "c", "exec": {"command": {"shell": "run"}}}"""));

        _cluster.Report(tasks[0], TaskState.TaskFailed);
        _cluster.Report(tasks[1], TaskState.TaskUnreachable);
        Instance().Condition.ShouldBe(Condition.Killing);

        _cluster.Report(tasks[2], TaskState.TaskUnreachable);
        Instance().Condition.ShouldBe(Condition.Unreachable);
    }

    [Fact]
    public void A_kill_is_repeated_when_the_agent_of_a_broken_off_one_comes_back()
    {
        var tasks = Run(Pair() with { UnreachableStrategy = UnreachableStrategy.Disabled });
        _cluster.Report(tasks[0], TaskState.TaskFailed);
        _cluster.Report(tasks[1], TaskState.TaskUnreachable);
        _cluster.Calls.Clear();

        _cluster.Report(tasks[1], TaskState.TaskRunning);

        Instance().Condition.ShouldBe(Condition.Killing);
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(tasks[1]);
        _cluster.EndKilled();
        (Instance().Condition, Instance().Incarnation).ShouldBe((Condition.Scheduled, 2));
    }

    private static PodDefinition Pair(string? third = null) => PodDefinitionShould.Pod(
        """
        {"id": "/pair", "containers": [
          {"name": "a", "exec": {"command": {"shell": "run"}}, "resources": {"cpus": 0.1, "mem": 32}},
          {"name": "b", "exec": {"command": {"shell": "run"}}, "resources": {"cpus": 0.1, "mem": 32}}THIRD
        ]}
        """.Replace("THIRD", third is null ? "" : "," + third, StringComparison.Ordinal));

    private Instance Instance() => _cluster.Instances("/pair").Single();

    private List<string> Run(PodDefinition pod)
    {
        _cluster.Update((root, version) => root.WithSpec(pod, version)).ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.GiveOffers(_cluster.Offer());
        var tasks = Instance().LiveTaskIds.ToList();
        foreach (var task in tasks)
        {
            _cluster.Report(task, TaskState.TaskRunning);
        }

        _cluster.Calls.Clear();
        return tasks;
    }
}
