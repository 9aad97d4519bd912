using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Tests.Containers;

/// <summary>Processors of real containers, as the kernel's files and the processes themselves say.</summary>
public sealed class ProcessorTests
{
    [RootFact(Processors = 2)]
    public async Task Whole_cpus_are_ones_own_and_all_others_share_the_rest_also_those_that_run()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { ExclusiveProcessors = true });
        var machine = CgroupProcessors.OfMachine(CgroupHost.Detect()).ShouldNotBeNull();
        var shared = await StartAsync(fixture, cpus: 0.5);
        Allowed(shared).ShouldBe(machine);

        var first = fixture.Spec("grep Cpus_allowed_list /proc/self/status; sleep 1000") with { Limits = new ContainerLimits { Cpus = 1 } };
        var alone = (await fixture.LaunchAsync(first)).Pid;
        int[] rest = [.. machine.SkipLast(1)];
        Allowed(alone).ShouldBe([machine[^1]]);
        Allowed(shared).ShouldBe(rest);
        await fixture.WaitForOutputAsync(first.Key, $"Cpus_allowed_list:\t{machine[^1]}\n");

        // The next agent knows whose is what.
        await fixture.RestartAsync();
        Allowed(await StartAsync(fixture, cpus: 0.5)).ShouldBe(rest);
        Allowed(alone).ShouldBe([machine[^1]]);
        await fixture.Runtime.DestroyAsync(first.Key);
        Allowed(shared).ShouldBe(machine);
    }

    [RootFact(Processors = 2)]
    public async Task A_pod_is_bound_as_a_whole_and_may_be_widened()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { ExclusiveProcessors = true });
        var machine = CgroupProcessors.OfMachine(CgroupHost.Detect()).ShouldNotBeNull();
        var pod = fixture.Spec("") with { HoldsPod = true, Limits = new ContainerLimits { Cpus = 1 } };
        await fixture.LaunchAsync(pod);
        var task = fixture.Spec("sleep 1000", new ContainerKey("task", pod.Key));
        var pid = (await fixture.LaunchAsync(task)).Pid;
        Allowed(pid).ShouldBe([machine[^1]]);

        // Another group of tasks comes and asks for half a cpu more, which cannot be owned.
        await fixture.Runtime.UpdateLimitsAsync(pod.Key, new ContainerLimits { Cpus = 1.5 }, CancellationToken.None);
        Allowed(pid).ShouldBe(machine);
        await fixture.Runtime.UpdateLimitsAsync(pod.Key, new ContainerLimits { Cpus = 1 }, CancellationToken.None);
        Allowed(pid).ShouldBe([machine[^1]]);
    }

    [RootFact(Processors = 2)]
    public async Task An_agent_without_the_option_lets_go_what_an_earlier_one_had_bound()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { ExclusiveProcessors = true });
        var alone = await StartAsync(fixture, cpus: 1);
        Allowed(alone).Count.ShouldBe(1);
        await fixture.RestartAsync(static options => options with { ExclusiveProcessors = false });
        Allowed(alone).ShouldBe(CgroupProcessors.OfMachine(CgroupHost.Detect()));
    }

    [RootFact(Processors = 2)]
    public async Task A_second_agent_of_the_machine_that_would_give_away_the_same_processors_is_refused()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { ExclusiveProcessors = true });

        Should.Throw<ContainerLaunchException>(Again).Message.ShouldContain("Another agent of this machine");

        // One that binds nobody is none of its business.
        await using (Open(fixture.Options with { ExclusiveProcessors = false }))
        {
        }

        await fixture.Runtime.DisposeAsync();
        await Again().DisposeAsync();

        ConmonRuntime Again() => Open(fixture.Options);
    }

    [RootFact(Processors = 2)]
    public async Task A_nested_container_that_was_made_while_its_parents_processors_changed_has_the_new_ones()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { ExclusiveProcessors = true });
        var machine = CgroupProcessors.OfMachine(CgroupHost.Detect()).ShouldNotBeNull();
        using var processors = new ProcessorAssignment(
            isWanted: true, Path.Join(fixture.WorkDirectory, "other.lock"), CgroupHost.Detect(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var pod = fixture.Spec("") with { HoldsPod = true, Limits = new ContainerLimits { Cpus = 1 } };
        await fixture.LaunchAsync(pod);
        var task = fixture.Spec("sleep 1000", new ContainerKey("task", pod.Key));
        var pid = (await fixture.LaunchAsync(task)).Pid;
        var outer = $"/{fixture.Options.CgroupParent}/{pod.Key.Root.Value}";
        var inner = $"{outer}/{task.Key.Name[(pod.Key.Root.Value.Length + 1)..]}";
        processors.Bind(pod.Key, outer, new ContainerLimits { Cpus = 0.5 });

        // As a runtime leaves it that read the parent's set before it was widened and wrote it after.
        CgroupProcessors.Write(CgroupHost.Detect(), inner, [machine[^1]]);
        processors.Bind(task.Key, inner, new ContainerLimits { Cpus = 0.5 });

        Allowed(pid).ShouldBe(machine);
    }

    private static ConmonRuntime Open(ContainerRuntimeOptions options) =>
        new(options, HostPrograms.Find(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);

    private static async Task<int> StartAsync(RuntimeFixture fixture, double cpus) =>
        (await fixture.LaunchAsync(fixture.Spec("sleep 1000") with { Limits = new ContainerLimits { Cpus = cpus } })).Pid;

    private static IReadOnlyList<int> Allowed(int pid)
    {
        const string name = "Cpus_allowed_list:";
        var line = File.ReadLines($"/proc/{pid}/status").Single(static line => line.StartsWith(name, StringComparison.Ordinal));
        return ProcessorList.Parse(line[name.Length..]);
    }
}
