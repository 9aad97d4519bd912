using Plenum.Kernel.Validation;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tests.Validation;

public sealed class TaskGroupValidationShould
{
    public static TheoryData<string, Action<ExecutorInfo, TaskGroupInfo>, string> Breakages => new()
    {
        { "no tasks", (_, g) => g.Tasks.Clear(), "no tasks" },
        { "id twice", (_, g) => g.Tasks[1].TaskId.Value = "task-1", "duplicate" },
        { "a bad task", (_, g) => g.Tasks[1].TaskId.Value = "..", "'..' is invalid" },
        { "task with executor", (_, g) => g.Tasks[0].Executor = Rules.Executor(), "'TaskInfo.executor'" },
        { "task without command", (_, g) => g.Tasks[0].Command = null, "'TaskInfo.command'" },
        { "docker task", (_, g) => g.Tasks[0].Container = Rules.Docker(), "Docker" },
        { "check across networks", (_, g) => OwnNetwork(g.Tasks[0]), "its own network" },
        { "mixed cgroups", (_, g) => ShareCgroups(g.Tasks[0], false), "share its cgroups" },
        { "limits in shared cgroups", (_, g) => g.Tasks[0].Limits["mem"] = new() { Value = 500 }, "share cgroups" },
        { "no executor type", (e, _) => e.ClearType(), "DEFAULT or CUSTOM" },
        { "default with command", (e, _) => e.Command = new() { Value = "x" }, "must not be set" },
        { "custom without command", (e, _) => e.Type = ExecutorInfo.Types.Type.Custom, "must be set" },
        { "default with image", (e, _) => e.Container = Rules.Mesos(), "without an image" },
        { "default in docker", (e, _) => e.Container = Rules.Docker(), "type MESOS" },
        { "too little cpu", (e, _) => Set(e, "cpus:0.009;mem:32;disk:10"), "at least" },
        { "too little memory", (e, _) => Set(e, "cpus:0.1;mem:31;disk:10"), "at least" },
        { "no disk", (e, _) => Set(e, "cpus:0.1;mem:32"), "at least" },
        { "executor id", (e, _) => e.ExecutorId.Value = ".", "Executor ID" },
        { "more than offered together", (e, _) => Set(e, "cpus:2.5;mem:32;disk:10"), "more resources" },
    };

    [Theory]
    [MemberData(nameof(Breakages))]
    public void Name_the_rule_that_is_broken(string what, Action<ExecutorInfo, TaskGroupInfo> breakIt, string word)
    {
        var (executor, group) = Good();
        TaskGroupValidation.Validate(executor, group, Rules.Context(), out _).ShouldBeNull();
        breakIt(executor, group);
        TaskGroupValidation.Validate(executor, group, Rules.Context(), out _).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Take_the_executor_from_the_offer_only_when_it_is_new()
    {
        var (executor, group) = Good();
        TaskGroupValidation.Validate(executor, group, Rules.Context(), out var first).ShouldBeNull();
        first.Millis("cpus").ShouldBe(2_100);
        TaskGroupValidation.Validate(executor, group, Rules.Context(live: executor), out var second).ShouldBeNull();
        second.Millis("cpus").ShouldBe(2_000);
    }

    [Fact]
    public void Hold_a_group_to_the_cgroup_choice_of_the_tasks_that_run_already()
    {
        var (executor, group) = Good();
        TaskGroupValidation.Validate(executor, group, Rules.Context(sharesCgroups: false), out _).ShouldNotBeNull();
        foreach (var task in group.Tasks)
        {
            ShareCgroups(task, false);
        }

        group.Tasks[0].Limits["mem"] = new() { Value = 500 };
        TaskGroupValidation.Validate(executor, group, Rules.Context(sharesCgroups: false), out _).ShouldBeNull();
        TaskGroupValidation.Validate(executor, group, Rules.Context(sharesCgroups: true), out _).ShouldNotBeNull();
    }

    private static (ExecutorInfo Executor, TaskGroupInfo Group) Good() => (
        Rules.PodExecutor(),
        new TaskGroupInfo { Tasks = { Rules.Task("task-1", "cpus:1;mem:64"), Rules.Task("task-2", "cpus:1;mem:64") } });

    private static void Set(ExecutorInfo executor, string resources)
    {
        executor.Resources.Clear();
        executor.Resources.Add(ResourceSet.Parse(resources).ToWire());
    }

    private static void OwnNetwork(TaskInfo task)
    {
        task.Container = Rules.Mesos();
        task.Container.NetworkInfos.Add(new NetworkInfo { Name = "dcos" });
        task.HealthCheck = new HealthCheck { Http = new HealthCheck.Types.HTTPCheckInfo { Port = 80 } };
    }

    private static void ShareCgroups(TaskInfo task, bool shares)
    {
        task.Container = Rules.Mesos();
        task.Container.LinuxInfo = new LinuxInfo { ShareCgroups = shares };
    }
}
