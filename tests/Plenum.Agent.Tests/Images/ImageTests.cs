using System.Formats.Tar;
using System.Text.Json.Nodes;
using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Fetching;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Images;

public sealed class ImageTests
{
    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task A_container_runs_from_a_registry_with_the_images_settings_and_the_sandbox_in_it()
    {
        await using var fixture = RuntimeFixture.Linux();
        await using var registry = await Registry.StartAsync();
        await registry.PushAsync(Layout(fixture, "one"), "test/one:1");
        var spec = WithImage(fixture.Spec(""), $"{registry.Host}/test/one:1") with
        {
            Command = new ContainerCommand { Shell = false, Arguments = ["echo $FROM_IMAGE $MESOS_SANDBOX; pwd; ls /; touch /written /mnt/mesos/sandbox/kept"] },
        };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        var lines = fixture.Output(spec.Key).Split('\n');
        lines[0].ShouldBe("yes /mnt/mesos/sandbox");
        lines[1].ShouldBe("/work");
        lines.ShouldContain("bin");
        lines.ShouldNotContain("opt");
        File.Exists(Path.Join(spec.SandboxDirectory, "kept")).ShouldBeTrue();
        // What one container writes into its root, the next does not see.
        var next = WithImage(fixture.Spec("ls /"), $"{registry.Host}/test/one:1");
        (await fixture.RunAsync(next)).Succeeded.ShouldBeTrue();
        fixture.Output(next.Key).ShouldNotContain("written");
    }

    [RootFact("skopeo", "busybox")]
    public async Task Upper_layers_remove_and_replace_what_lower_ones_hold()
    {
        await using var fixture = RuntimeFixture.Linux();
        var layout = TestImage.Create(
            Path.Join(fixture.WorkDirectory, "layout"),
            [],
            TestImage.BusyboxLayer,
            static tar =>
            {
                TestImage.Add(tar, "data", TarEntryType.Directory);
                TestImage.Add(tar, "data/gone", content: "lower");
                TestImage.Add(tar, "data/changed", content: "lower");
                TestImage.Add(tar, "hidden", TarEntryType.Directory);
                TestImage.Add(tar, "hidden/old", content: "lower");
            },
            static tar =>
            {
                TestImage.Add(tar, "data/.wh.gone");
                TestImage.Add(tar, "data/changed", content: "upper");
                TestImage.Add(tar, "hidden", TarEntryType.Directory);
                TestImage.Add(tar, "hidden/.wh..wh..opq");
                TestImage.Add(tar, "hidden/new", content: "upper");
            });
        var spec = WithImage(fixture.Spec("ls /data /hidden; cat /data/changed"), $"oci:{layout}");

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        fixture.Output(spec.Key).ShouldBe("/data:\nchanged\n\n/hidden:\nnew\nupper");
    }

    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task A_cached_image_is_not_asked_for_again_unless_the_task_forbids_the_cache()
    {
        await using var fixture = RuntimeFixture.Linux();
        var registry = await Registry.StartAsync();
        await registry.PushAsync(Layout(fixture, "first"), "app:latest");
        var name = $"{registry.Host}/app:latest";
        await fixture.RunAsync(WithImage(fixture.Spec("true"), name));
        await registry.PushAsync(Layout(fixture, "second", "changed"), "app:latest");

        var cached = WithImage(fixture.Spec("echo $FROM_IMAGE"), name);
        await fixture.RunAsync(cached);
        var fresh = WithImage(fixture.Spec("echo $FROM_IMAGE"), name);
        fresh.Image!.Cached = false;
        await fixture.RunAsync(fresh);
        await registry.DisposeAsync();
        var offline = WithImage(fixture.Spec("echo $FROM_IMAGE"), name);
        await fixture.RunAsync(offline);

        fixture.Output(cached.Key).ShouldBe("yes\n");
        fixture.Output(fresh.Key).ShouldBe("changed\n");
        fixture.Output(offline.Key).ShouldBe("changed\n");
    }

    [RootFact("skopeo")]
    public async Task An_image_that_cannot_be_pulled_fails_with_its_name_and_the_reason()
    {
        await using var fixture = RuntimeFixture.Linux();
        await using var registry = await Registry.StartAsync();

        var missing = await Should.ThrowAsync<ContainerLaunchException>(
            () => fixture.LaunchAsync(WithImage(fixture.Spec("true"), $"{registry.Host}/no/such:1")));
        var unreachable = await Should.ThrowAsync<ContainerLaunchException>(
            () => fixture.LaunchAsync(WithImage(fixture.Spec("true"), "127.0.0.1:1/app")));
        var illegal = await Should.ThrowAsync<ContainerLaunchException>(
            () => fixture.LaunchAsync(WithImage(fixture.Spec("true"), "--help")));

        missing.Failure.ShouldBe(ContainerLaunchFailure.Image);
        missing.Message.ShouldContain("no/such:1");
        missing.Message.ShouldContain("manifest unknown");
        unreachable.Message.ShouldContain("connection refused");
        illegal.Message.ShouldContain("no legal name");
    }

    [RootFact("skopeo", "busybox")]
    public async Task Tasks_that_start_together_share_one_pull()
    {
        await using var fixture = RuntimeFixture.Linux();
        var name = $"oci:{Layout(fixture, "shared")}";
        var specs = Enumerable.Range(0, 6).Select(_ => WithImage(fixture.Spec("true"), name)).ToArray();

        var exits = await Task.WhenAll(specs.Select(fixture.RunAsync));

        exits.ShouldAllBe(static exit => exit.Succeeded);
        Directory.GetDirectories(Path.Join(fixture.WorkDirectory, "images", "layers")).Length.ShouldBe(1);
    }

    [RootFact("skopeo", "busybox")]
    public async Task A_container_with_an_image_survives_the_agent()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = WithImage(fixture.Spec("trap 'cat /etc/marker; exit 3' TERM; echo ready; while :; do sleep 0.05; done"), $"oci:{Layout(fixture, "kept")}");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        (await fixture.RestartAsync()).ShouldHaveSingleItem().Start.ShouldNotBeNull();
        fixture.Runtime.Signal(spec.Key, 15);

        (await fixture.EndAsync(spec.Key)).ExitCode.ShouldBe(3);
        fixture.Output(spec.Key).ShouldBe("ready\nmarked");
    }

    [RootFact("skopeo", "busybox")]
    public async Task Pruning_keeps_what_a_container_uses_and_what_the_operator_names()
    {
        await using var fixture = RuntimeFixture.Linux();
        var (used, named, unused) = ($"oci:{Layout(fixture, "used", "1")}", $"oci:{Layout(fixture, "named", "2")}", $"oci:{Layout(fixture, "unused", "3")}");
        var running = WithImage(fixture.Spec("echo up; sleep 1000"), used);
        await fixture.LaunchAsync(running);
        await fixture.WaitForOutputAsync(running.Key, "up");
        foreach (var image in (string[])[named, unused])
        {
            var spec = WithImage(fixture.Spec("true"), image);
            (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));
            await fixture.Runtime.DestroyAsync(spec.Key);
        }

        var images = Path.Join(fixture.WorkDirectory, "images", "images");
        Directory.GetDirectories(images).Length.ShouldBe(3);
        fixture.Runtime.PruneImages([WithImage(fixture.Spec(""), named).Image!]).ShouldBeTrue();
        Directory.GetDirectories(images).Length.ShouldBe(2);
        fixture.Runtime.PruneImages([]).ShouldBeTrue();
        Directory.GetDirectories(images).Length.ShouldBe(1);
        fixture.Runtime.Signal(running.Key, 9);
        await fixture.EndAsync(running.Key);
        await fixture.Runtime.DestroyAsync(running.Key);
        fixture.Runtime.PruneImages([]).ShouldBeTrue();
        Directory.GetDirectories(images).ShouldBeEmpty();
        Directory.GetDirectories(Path.Join(fixture.WorkDirectory, "images", "layers")).ShouldBeEmpty();
    }

    [RootFact("skopeo", "busybox")]
    public async Task A_layer_that_is_not_what_the_image_promises_fails_with_both_digests_also_when_it_is_unpacked_already()
    {
        const string Promised = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
        await using var fixture = RuntimeFixture.Linux();
        var honest = Layout(fixture, "honest");
        var liar = Path.Join(fixture.WorkDirectory, "liar");
        await FetchFixture.RunAsync("cp", "-r", honest, liar);
        TestImage.PromiseOtherContent(liar, Promised);

        // Unpacked for it, and then the same packed layer again, which another image brought.
        var first = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(WithImage(fixture.Spec("true"), $"oci:{liar}")));
        (await fixture.RunAsync(WithImage(fixture.Spec("true"), $"oci:{honest}"))).Succeeded.ShouldBeTrue();
        var second = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(WithImage(fixture.Spec("true"), $"oci:{liar}")));

        var unpacked = await File.ReadAllTextAsync(
            Directory.GetFiles(Path.Join(fixture.WorkDirectory, "images", "layers"), "*.diff").ShouldHaveSingleItem());
        foreach (var failure in (ContainerLaunchException[])[first, second])
        {
            failure.Failure.ShouldBe(ContainerLaunchFailure.Image);
            failure.Message.ShouldContain($"unpacks to {unpacked}");
            failure.Message.ShouldContain($"promises {Promised}");
        }
    }

    private static string Layout(RuntimeFixture fixture, string name, string value = "yes") => TestImage.Create(
        Path.Join(fixture.WorkDirectory, name),
        new JsonObject
        {
            ["Entrypoint"] = new JsonArray("/bin/sh", "-c"),
            ["Cmd"] = new JsonArray("echo default"),
            ["Env"] = new JsonArray("PATH=/bin", $"FROM_IMAGE={value}"),
            ["WorkingDir"] = "/work",
        },
        static tar =>
        {
            TestImage.BusyboxLayer(tar);
            TestImage.Add(tar, "work", TarEntryType.Directory);
            TestImage.Add(tar, "etc", TarEntryType.Directory);
            TestImage.Add(tar, "etc/marker", content: "marked");
        });

    private static ContainerSpec WithImage(ContainerSpec spec, string name) => spec with
    {
        Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = name } },
    };
}
