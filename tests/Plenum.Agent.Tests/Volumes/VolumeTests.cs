using System.Text;
using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Volumes;

public sealed class VolumeTests
{
    [RootFact]
    public async Task Volumes_are_mounted_parents_first_whatever_their_order_and_read_only_ones_refuse_writes()
    {
        await using var fixture = RuntimeFixture.Linux();
        var outer = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "outer")).FullName;
        var inner = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "inner")).FullName;
        await File.WriteAllTextAsync(Path.Join(outer, "from-outer"), "");
        await File.WriteAllTextAsync(Path.Join(inner, "from-inner"), "");
        var spec = fixture.Spec("ls -x data data/below; touch data/below/new; touch data/new") with
        {
            Mounts = [new ContainerMount(inner, "data/below", ReadOnly: true), new ContainerMount(outer, "data", ReadOnly: false)],
        };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        fixture.Output(spec.Key).ShouldContain("from-outer");
        fixture.Output(spec.Key).ShouldContain("from-inner");
        fixture.Error(spec.Key).ShouldContain("data/below/new");
        File.Exists(Path.Join(outer, "new")).ShouldBeTrue();
        File.Exists(Path.Join(inner, "new")).ShouldBeFalse();
    }

    [RootFact]
    public async Task A_volume_in_memory_has_its_size_and_leaves_nothing_on_the_machine()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("stat -f -c '%T %b %S' fast; head -c 2m /dev/zero > fast/big; touch fast/kept; ls fast") with
        {
            Volumes = [new VolumeRequest.Memory("fast", ReadOnly: false, ["size=1m", "mode=1777"])],
        };

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldStartWith("tmpfs 256 4096\n");
        fixture.Error(spec.Key).ShouldContain("No space left on device");
        Directory.GetFileSystemEntries(Path.Join(spec.SandboxDirectory, "fast")).ShouldBeEmpty();
    }

    [RootFact]
    public async Task A_secret_file_belongs_to_the_tasks_user_alone_and_is_nowhere_on_the_machine()
    {
        await using var fixture = RuntimeFixture.Linux();
        var value = $"hush-{Guid.NewGuid():N}";
        var spec = fixture.Spec("cat keys/pw; echo; { echo x > keys/pw; } 2>&1; stat -c '%a %u' keys/pw; sleep 1000") with
        {
            Volumes = [new VolumeRequest.Secret("keys/pw", Encoding.UTF8.GetBytes(value))],
        };
        spec = spec with { Command = spec.Command with { User = "nobody" } };
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "400 65534");

        var lines = fixture.Output(spec.Key).Split('\n');
        lines[0].ShouldBe(value);
        lines[1].ShouldContain("keys/pw", customMessage: "writing it is refused");
        lines[2].ShouldBe("400 65534");
        File.ReadAllText(Path.Join(spec.SandboxDirectory, "keys", "pw")).ShouldBeEmpty();
        // The task itself printed it: its stdout is the one file that has it.
        FilesWith(value, fixture.WorkDirectory, "/dev/shm").ShouldBe([Path.Join(spec.SandboxDirectory, "stdout")]);
    }

    [RootFact]
    public async Task A_secret_variable_reaches_the_command_and_its_sessions_and_no_file()
    {
        await using var fixture = RuntimeFixture.Linux();
        var value = $"hush={Guid.NewGuid():N}";
        var spec = fixture.Spec("[ -n \"$PASSWORD\" ] && echo has it; sleep 1000");
        spec = spec with
        {
            Command = spec.Command with
            {
                Environment = new Dictionary<string, string> { ["PASSWORD"] = value, ["OPEN"] = "yes" },
                SecretVariables = new HashSet<string> { "PASSWORD" },
            },
        };
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "has it");

        FilesWith(value, fixture.WorkDirectory, "/dev/shm").ShouldBeEmpty();
        await fixture.RestartAsync();
        await using var session = await fixture.Runtime.ExecAsync(
            spec.Key, new ExecSpec { Command = new ContainerCommand { Value = "echo $PASSWORD $OPEN" } }, default);
        using var output = new StreamReader(session.Output);
        (await output.ReadToEndAsync()).ShouldBe($"{value} yes\n");
        FilesWith(value, fixture.WorkDirectory, "/dev/shm").ShouldBeEmpty();
    }

    [RootFact("skopeo", "busybox")]
    public async Task An_image_volume_shows_the_images_files_beside_another_image()
    {
        await using var fixture = RuntimeFixture.Linux();
        var data = TestImage.Create(
            Path.Join(fixture.WorkDirectory, "data"), [], static tar => TestImage.Add(tar, "models", content: "trained"));
        var system = TestImage.Create(Path.Join(fixture.WorkDirectory, "system"), [], TestImage.BusyboxLayer);
        var spec = fixture.Spec("cat /data/models /fixed/models; echo mine > /data/models; cat /data/models; touch /fixed/new") with
        {
            Image = ImageOf(system),
            Volumes =
            [
                new VolumeRequest.OfImage("/data", ReadOnly: false, ImageOf(data)),
                new VolumeRequest.OfImage("/fixed", ReadOnly: true, ImageOf(data)),
            ],
        };

        (await fixture.RunAsync(spec)).ExitCode.ShouldBe(1);

        fixture.Output(spec.Key).ShouldBe("trainedtrainedmine\n");
        fixture.Error(spec.Key).ShouldContain("Read-only file system");
    }

    [RootFact]
    public async Task What_the_machine_mounts_later_is_seen_when_the_volume_asks_for_it()
    {
        await using var fixture = RuntimeFixture.Linux();
        var shared = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "shared")).FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "plenum-test", shared);
        try
        {
            await Tool.RunAsync("mount", "--make-shared", shared);
            Directory.CreateDirectory(Path.Join(shared, "late"));
            using var gate = Gate.Create(Path.Join(fixture.WorkDirectory, "gate"));
            var spec = fixture.Spec("read go < gate; ls follows/late cut/late") with
            {
                Mounts =
                [
                    new ContainerMount(shared, "follows", ReadOnly: false) { Propagation = VolumePropagation.FromHost },
                    new ContainerMount(shared, "cut", ReadOnly: false),
                    new ContainerMount(Path.Join(fixture.WorkDirectory, "gate"), "gate", ReadOnly: false),
                ],
            };
            await fixture.LaunchAsync(spec);
            await Tool.RunAsync("mount", "-t", "tmpfs", "plenum-test", Path.Join(shared, "late"));
            await File.WriteAllTextAsync(Path.Join(shared, "late", "arrived"), "");
            gate.Open();
            await fixture.EndAsync(spec.Key);
            fixture.Output(spec.Key).ShouldBe("cut/late:\n\nfollows/late:\narrived\n");
            await Tool.RunAsync("umount", Path.Join(shared, "late"));
        }
        finally
        {
            await Tool.RunAsync("umount", "--lazy", shared);
        }
    }

    private static Image ImageOf(string layout) =>
        new() { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = $"oci:{layout}" } };

    /// <summary>Every file below the directories that holds the text, found as an intruder would.</summary>
    private static string[] FilesWith(string text, params string[] directories) =>
        [.. directories
            .SelectMany(static directory => Directory.GetFiles(directory, "*", SearchOption.AllDirectories))
            .Where(file => ReadOrNothing(file).Contains(text, StringComparison.Ordinal))];

    private static string ReadOrNothing(string file)
    {
        try
        {
            return new System.IO.FileInfo(file) is { LinkTarget: null, Length: > 0 and < 1 << 20 } ? File.ReadAllText(file) : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or a socket.
            return "";
        }
    }
}
