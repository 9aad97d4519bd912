using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Tests.Containers;

public sealed class PodTests
{
    [RootFact]
    public async Task Nested_containers_share_ipc_and_memory_but_not_processes_and_share_the_pods_limit()
    {
        await using var fixture = RuntimeFixture.Linux();
        var pod = fixture.Spec("") with { HoldsPod = true, Limits = new ContainerLimits { Cpus = 0.2, MemoryBytes = 96 << 20 } };
        await fixture.LaunchAsync(pod);
        var writer = Nested(fixture, pod, "writer", "echo shared > /dev/shm/note; readlink /proc/self/ns/ipc; echo $$");
        var reader = Nested(fixture, pod, "reader", "cat /dev/shm/note; readlink /proc/self/ns/ipc; echo $$");

        (await fixture.RunAsync(writer)).Succeeded.ShouldBeTrue();
        (await fixture.RunAsync(reader)).Succeeded.ShouldBeTrue();

        var wrote = fixture.Output(writer.Key).Split('\n');
        var read = fixture.Output(reader.Key).Split('\n');
        read[0].ShouldBe("shared");
        read[1].ShouldBe(wrote[0]);
        read[1].ShouldNotBe(new FileInfo("/proc/self/ns/ipc").LinkTarget);
        read[2].ShouldBe("1");
        fixture.Runtime.Statistics(pod.Key)!.MemLimitBytes.ShouldBe(96ul << 20);
    }

    [RootFact]
    public async Task Destroying_the_pod_destroys_what_is_nested_in_it()
    {
        await using var fixture = RuntimeFixture.Linux();
        var pod = fixture.Spec("") with { HoldsPod = true };
        await fixture.LaunchAsync(pod);
        var nested = Nested(fixture, pod, "a", "sleep 1000");
        await fixture.LaunchAsync(nested);
        var end = fixture.EndAsync(nested.Key);

        await fixture.Runtime.DestroyAsync(pod.Key);

        (await end).Signal.ShouldBe(LibC.SignalKill);
        (await fixture.Runtime.WaitAsync(nested.Key)).ShouldBeNull();
    }

    [RootFact]
    public async Task A_pod_and_its_containers_are_recovered_together()
    {
        await using var fixture = RuntimeFixture.Linux();
        var pod = fixture.Spec("") with { HoldsPod = true };
        await fixture.LaunchAsync(pod);
        var nested = Nested(fixture, pod, "a", "sleep 1000");
        await fixture.LaunchAsync(nested);

        var recovered = await fixture.RestartAsync();

        recovered.Select(static r => r.Key).ShouldBe([pod.Key, nested.Key]);
        recovered.ShouldAllBe(static r => r.Start != null);
        (await fixture.RunAsync(Nested(fixture, pod, "b", "true"))).Succeeded.ShouldBeTrue();
    }

    [RootFact]
    public async Task A_nested_container_needs_a_running_parent()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("true", new ContainerKey("child", new ContainerKey("nobody")));

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain("nobody");
    }

    private static ContainerSpec Nested(RuntimeFixture fixture, ContainerSpec pod, string name, string command) =>
        fixture.Spec(command, new ContainerKey(name, pod.Key));
}
