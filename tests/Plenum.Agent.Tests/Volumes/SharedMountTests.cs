using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Tests.Volumes;

public sealed class SharedMountTests
{
    [RootFact]
    public async Task What_a_privileged_container_mounts_below_a_bidirectional_volume_the_machine_sees_and_the_other_way_round()
    {
        await using var fixture = RuntimeFixture.Linux();
        var shared = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "shared")).FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "plenum-test", shared);
        try
        {
            await Tool.RunAsync("mount", "--make-shared", shared);
            Directory.CreateDirectory(Path.Join(shared, "theirs"));
            Directory.CreateDirectory(Path.Join(shared, "ours"));
            using var gate = Gate.Create(Path.Join(fixture.WorkDirectory, "gate"));
            var spec = fixture.Spec("mount -t tmpfs none both/theirs && touch both/theirs/arrived && echo mounted; read go < gate; ls both/ours") with
            {
                Linux = new LinuxSettings { Privileged = true },
                Mounts =
                [
                    new ContainerMount(shared, "both", ReadOnly: false) { Propagation = VolumePropagation.Both },
                    new ContainerMount(Path.Join(fixture.WorkDirectory, "gate"), "gate", ReadOnly: false),
                ],
            };
            await fixture.LaunchAsync(spec);
            await fixture.WaitForOutputAsync(spec.Key, "mounted");

            File.Exists(Path.Join(shared, "theirs", "arrived")).ShouldBeTrue("the machine sees the container's mount");
            await Tool.RunAsync("mount", "-t", "tmpfs", "plenum-test", Path.Join(shared, "ours"));
            await File.WriteAllTextAsync(Path.Join(shared, "ours", "sent"), "");
            gate.Open();
            await fixture.EndAsync(spec.Key);

            fixture.Output(spec.Key).ShouldBe("mounted\nsent\n", fixture.Error(spec.Key));
            await fixture.Runtime.DestroyAsync(spec.Key);
            File.Exists(Path.Join(shared, "theirs", "arrived")).ShouldBeTrue("a mount on the machine stays until somebody takes it away");
            await Tool.RunAsync("umount", Path.Join(shared, "theirs"));
            await Tool.RunAsync("umount", Path.Join(shared, "ours"));
        }
        finally
        {
            await Tool.RunAsync("umount", "--recursive", "--lazy", shared);
        }
    }

    [RootFact]
    public async Task Others_and_places_whose_mounts_nobody_else_sees_are_refused_with_the_reason()
    {
        await using var fixture = RuntimeFixture.Linux();
        var own = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "own")).FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "plenum-test", own);
        try
        {
            await Tool.RunAsync("mount", "--make-private", own);
            var spec = fixture.Spec("true") with
            {
                Mounts = [new ContainerMount(own, "both", ReadOnly: false) { Propagation = VolumePropagation.Both }],
            };

            (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec)))
                .Message.ShouldContain("only a privileged container");
            (await Should.ThrowAsync<ContainerLaunchException>(
                () => fixture.LaunchAsync(spec with { Linux = new LinuxSettings { Privileged = true } })))
                .Message.ShouldContain("mount --make-shared");
        }
        finally
        {
            await Tool.RunAsync("umount", "--lazy", own);
        }
    }
}
