using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Volumes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Volumes;

/// <summary>
/// A driver program of the test's own: it bind-mounts a directory per volume as a real driver would a disk, and
/// writes down what it was asked.
/// </summary>
public sealed class DriverVolumeTests
{
    [RootFact]
    public async Task A_driver_mounts_for_the_first_container_and_unmounts_after_the_last()
    {
        await using var fixture = WithDriver(out var calls);
        var one = fixture.Spec("echo kept > disk/file; sleep 1000") with { Volumes = [Disk("one", ("size", "5"), ("type", "fast"))] };
        var two = fixture.Spec("until [ -s disk/file ]; do sleep 0.02; done; cat disk/file; sleep 1000") with { Volumes = [Disk("one")] };
        await fixture.LaunchAsync(one);
        await fixture.LaunchAsync(two);
        await fixture.WaitForOutputAsync(two.Key, "kept");
        (await File.ReadAllLinesAsync(calls)).ShouldBe(
            ["mount --volumedriver=test --volumename=one --volumeopts=size=5 --volumeopts=type=fast"]);

        await fixture.Runtime.DestroyAsync(one.Key);
        (await File.ReadAllLinesAsync(calls)).Length.ShouldBe(1, "another container still uses the volume");
        await fixture.Runtime.DestroyAsync(two.Key);
        (await File.ReadAllLinesAsync(calls))[^1].ShouldBe("unmount --volumedriver=test --volumename=one");
        (await File.ReadAllLinesAsync(calls)).Length.ShouldBe(2);
        File.ReadAllText(Path.Join(fixture.WorkDirectory, "disks", "one", "file")).ShouldBe("kept\n");
        Notes(fixture).ShouldBeEmpty();
    }

    [RootFact]
    public async Task Mounts_survive_the_agent_and_those_of_lost_containers_are_taken_down_by_the_next()
    {
        await using var fixture = WithDriver(out var calls);
        var stays = fixture.Spec("sleep 1000") with { Volumes = [Disk("stays")] };
        var goes = fixture.Spec("sleep 1000") with { Volumes = [Disk("goes")] };
        await fixture.LaunchAsync(stays);
        await fixture.LaunchAsync(goes);
        await fixture.Runtime.DisposeAsync();
        // As if the agent had died before the container was more than a note.
        File.Delete(Path.Join(fixture.WorkDirectory, "runtime", "containers", goes.Key.Name, "record.json"));

        await fixture.RestartAsync();

        (await File.ReadAllLinesAsync(calls)).ShouldContain("unmount --volumedriver=test --volumename=goes");
        (await File.ReadAllLinesAsync(calls)).ShouldNotContain("unmount --volumedriver=test --volumename=stays");
        var joins = fixture.Spec("sleep 1000") with { Volumes = [Disk("stays")] };
        await fixture.LaunchAsync(joins);
        (await File.ReadAllLinesAsync(calls)).Count(static call => call.StartsWith("mount", StringComparison.Ordinal)).ShouldBe(2, "it is mounted already");
        await fixture.Runtime.DestroyAsync(stays.Key);
        await fixture.Runtime.DestroyAsync(joins.Key);
        (await File.ReadAllLinesAsync(calls)).ShouldContain("unmount --volumedriver=test --volumename=stays");
        Notes(fixture).ShouldBeEmpty();
    }

    [RootFact]
    public async Task A_driver_that_fails_fails_the_launch_with_its_words_and_leaves_other_volumes_unmounted()
    {
        await using var fixture = WithDriver(out var calls);
        var spec = fixture.Spec("true") with { Volumes = [Disk("one"), Disk("broken") with { ContainerPath = "other" }] };

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain("'broken'");
        failure.Message.ShouldContain("no such disk");
        (await File.ReadAllLinesAsync(calls)).ShouldContain("unmount --volumedriver=test --volumename=one");
        Notes(fixture).ShouldBeEmpty();
    }

    [RootFact]
    public async Task Without_the_program_the_launch_fails_and_says_what_to_install()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { DockerVolumeDriverCli = "no-such-dvdcli" });
        var spec = fixture.Spec("true") with { Volumes = [Disk("one")] };

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain("'one'");
        failure.Message.ShouldContain("Install dvdcli");
        failure.Message.ShouldContain("--docker-volume-driver-cli");
    }

    private static VolumeRequest.OfDriver Disk(string name, params (string Key, string Value)[] options) =>
        new("disk", ReadOnly: false, "test", name, [.. options.Select(static option => KeyValuePair.Create(option.Key, option.Value))]);

    private static string[] Notes(RuntimeFixture fixture) =>
        Directory.GetFiles(Path.Join(fixture.WorkDirectory, "runtime", "driver-volumes"));

    private static RuntimeFixture WithDriver(out string calls)
    {
        var fixture = RuntimeFixture.Linux(static options => options with { DockerVolumeDriverCli = Path.Join(options.WorkDirectory, "driver") });
        calls = Path.Join(fixture.WorkDirectory, "calls");
        var program = Path.Join(fixture.WorkDirectory, "driver");
        File.WriteAllText(
            program,
            """
            #!/bin/sh
            root=$(dirname "$0")
            echo "$@" >> "$root/calls"
            verb=$1
            for argument; do
              case $argument in --volumename=*) name=${argument#--volumename=};; esac
            done
            if [ "$name" = broken ]; then echo "no such disk" >&2; exit 4; fi
            if [ "$verb" = unmount ]; then exec umount "$root/mounted/$name"; fi
            mkdir -p "$root/disks/$name" "$root/mounted/$name"
            mount --bind "$root/disks/$name" "$root/mounted/$name" && echo "$root/mounted/$name"
            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return fixture;
    }
}
