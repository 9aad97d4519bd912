using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Tests.Core;
using Plenum.Marathon.Tests.Definitions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Tests.Instances;

/// <summary>Services that are removed while the agent of an instance cannot be reached.</summary>
public sealed class RemovedServiceTests
{
    private const string Path = "/gone";

    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void The_removal_ends_when_the_agent_is_lost_on_the_way(bool isPod, bool waitsForEver)
    {
        var tasks = Run(isPod, waitsForEver ? UnreachableStrategy.Disabled : UnreachableStrategy.Default);
        Remove();

        LoseAll(tasks);

        ShouldBeGone();
        _cluster.Calls.Clear();
        _cluster.Report(tasks[0], TaskState.TaskRunning);
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(tasks[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_removal_does_not_wait_for_one_that_was_lost_before(bool isPod)
    {
        var tasks = Run(isPod, UnreachableStrategy.Disabled);
        LoseAll(tasks);
        _cluster.Pass(1000);
        _cluster.Instances(Path).ShouldHaveSingleItem();

        Remove();

        ShouldBeGone();
    }

    [Fact]
    public void The_removal_does_not_wait_for_one_that_was_to_go_already()
    {
        var tasks = Run(isPod: false, UnreachableStrategy.Disabled);
        _cluster.Change(Path, app => app with { Instances = 0 });
        LoseAll(tasks);
        _cluster.Instances(Path).Single().Goal.ShouldBe(Goal.Decommissioned);

        _cluster.Remove(Path, force: true);

        ShouldBeGone();
    }

    [Fact]
    public void An_unreachable_instance_that_a_removal_left_behind_is_forgotten_after_a_restart()
    {
        var tasks = Run(isPod: false, UnreachableStrategy.Disabled);
        LoseAll(tasks);
        var stored = _cluster.Store.Single(entry => entry.Key.StartsWith("marathon/instances/", StringComparison.Ordinal));
        Remove();
        _cluster.Store.Add(stored.Key, stored.Value);

        _cluster.Restart();
        _cluster.Pass(_cluster.Options.ScaleAppsInitialDelay);

        ShouldBeGone();
    }

    [Fact]
    public void A_kill_of_one_that_stays_is_repeated_when_its_agent_comes_back()
    {
        var task = Run(isPod: false, UnreachableStrategy.Disabled).Single();
        _cluster.Kill(new KillTasks([_cluster.Instances(Path).Single().Id]));
        _cluster.Report(task, TaskState.TaskUnreachable);
        _cluster.Calls.Clear();

        _cluster.Report(task, TaskState.TaskRunning);

        _cluster.EndKilled().ShouldBe(1);
        _cluster.Instances(Path).Single().Incarnation.ShouldBe(2);
    }

    private List<string> Run(bool isPod, UnreachableStrategy strategy)
    {
        RunSpec spec = isPod
            ? PodDefinitionShould.Pod("""
                {"id": "/gone", "containers": [
                  {"name": "a", "exec": {"command": {"shell": "run"}}, "resources": {"cpus": 0.1, "mem": 32}},
                  {"name": "b", "exec": {"command": {"shell": "run"}}, "resources": {"cpus": 0.1, "mem": 32}}
                ]}
                """)
            : CoreHarness.App(Path);
        spec = spec with { UnreachableStrategy = strategy };
        _cluster.Update((root, version) => root.WithSpec(spec, version)).ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.GiveOffers(_cluster.Offer());
        var tasks = _cluster.Instances(Path).Single().LiveTaskIds.ToList();
        foreach (var task in tasks)
        {
            _cluster.Report(task, TaskState.TaskRunning);
        }

        _cluster.State.Deployments.ShouldBeEmpty();
        return tasks;
    }

    private void Remove() =>
        _cluster.Update((root, version) => root.WithoutSpec(PathId.Parse(Path), version)).ShouldBeOfType<RootUpdateResult.Deployed>();

    private void LoseAll(List<string> tasks)
    {
        foreach (var task in tasks)
        {
            _cluster.Report(task, TaskState.TaskUnreachable);
        }
    }

    private void ShouldBeGone()
    {
        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.State.Apps.ShouldBeEmpty();
        _cluster.Store.Keys.ShouldNotContain(key => key.StartsWith("marathon/instances/", StringComparison.Ordinal));
    }
}
