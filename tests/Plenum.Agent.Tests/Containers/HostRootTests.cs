using Plenum.Agent.Containers;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Tests.Containers;

public sealed class HostRootTests
{
    private static readonly UnixFileMode Everybody = (UnixFileMode)0x1ff;

    [RootFact]
    public async Task A_shared_machine_shows_all_its_files_which_the_tasks_user_may_change_as_far_as_the_user_may()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { SharesHost = true });
        var outside = Outside(fixture);
        var temporary = Path.Join("/tmp", Path.GetFileName(fixture.WorkDirectory));
        await File.WriteAllTextAsync(temporary, "");
        try
        {
            var spec = fixture.Spec(
                $"cat {outside}/roots; echo mine > {outside}/new; (echo not mine > {outside}/roots) || echo refused; "
                + $"[ -e {temporary} ] && echo same tmp; (: < /etc/shadow) || echo closed; echo $$; ls /dev/loop0 || echo own devices");
            spec = spec with { Command = spec.Command with { User = "nobody" } };

            await fixture.RunAsync(spec);

            fixture.Output(spec.Key).ShouldBe("of root\nrefused\nsame tmp\nclosed\n1\nown devices\n", fixture.Error(spec.Key));
            (await File.ReadAllTextAsync(Path.Join(outside, "new"))).ShouldBe("mine\n");
            (await File.ReadAllTextAsync(Path.Join(outside, "roots"))).ShouldBe("of root\n");
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    [RootFact]
    public async Task Without_that_a_task_sees_the_machines_programs_only_and_cannot_change_them()
    {
        await using var fixture = RuntimeFixture.Linux();
        var outside = Outside(fixture);
        var spec = fixture.Spec(
            $"[ -e {outside} ] || echo not there; touch /etc/plenum-test || echo refused; [ -s /etc/shadow ] || echo hidden");

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldBe("not there\nrefused\nhidden\n", fixture.Error(spec.Key));
        fixture.Error(spec.Key).ShouldContain("Read-only file system");
    }

    [RootFact]
    public async Task A_volume_over_a_directory_of_a_shared_machine_is_the_containers_alone()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { SharesHost = true });
        var outside = Outside(fixture);
        var volume = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "volume")).FullName;
        await File.WriteAllTextAsync(Path.Join(volume, "of-the-volume"), "");
        var spec = fixture.Spec($"ls {outside} data; touch data/written") with
        {
            Mounts = [new ContainerMount(volume, outside, ReadOnly: false), new ContainerMount(volume, "data", ReadOnly: false)],
        };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        fixture.Output(spec.Key).Split('\n').Count(static line => line == "of-the-volume").ShouldBe(2);
        File.Exists(Path.Join(outside, "roots")).ShouldBeTrue();
        File.Exists(Path.Join(volume, "written")).ShouldBeTrue();
    }

    [RootFact]
    public async Task A_volume_where_a_shared_machine_has_nothing_is_refused_since_its_place_would_be_made_on_the_machine()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { SharesHost = true });
        var missing = Path.Join(fixture.WorkDirectory, "missing");
        var spec = fixture.Spec("true") with { Mounts = [new ContainerMount(Outside(fixture), missing, ReadOnly: false)] };

        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec))).Message.ShouldContain(missing);

        Directory.Exists(missing).ShouldBeFalse();
    }

    /// <summary>A directory that everybody may write into, with a file that only root may.</summary>
    private static string Outside(RuntimeFixture fixture)
    {
        var outside = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "outside")).FullName;
        File.SetUnixFileMode(outside, Everybody);
        File.WriteAllText(Path.Join(outside, "roots"), "of root\n");
        return outside;
    }
}
