using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Images;

public sealed class ImagePullTests
{
    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task A_registry_that_asks_for_a_password_gets_it_from_the_image_or_from_the_agents_file()
    {
        await using var registry = await Registry.StartAsync(guarded: true);
        await using var bare = RuntimeFixture.Linux();
        await registry.PushAsync(Layout(bare, "private"), "private:1");
        var entry = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Registry.Credentials)) };
        var config = new JsonObject { ["auths"] = new JsonObject { [registry.Host] = entry } }.ToJsonString();
        var name = $"{registry.Host}/private:1";

        var refused = await Should.ThrowAsync<ContainerLaunchException>(() => bare.LaunchAsync(Spec(bare, name)));
        refused.Message.ShouldContain("private:1");
        refused.Message.ShouldContain("authentication required");
        (await bare.RunAsync(Spec(bare, name, config))).Succeeded.ShouldBeTrue();

        var file = Path.Join(bare.WorkDirectory, "docker.json");
        await File.WriteAllTextAsync(file, config);
        await using var known = RuntimeFixture.Linux(options => options with { RegistryCredentials = file });
        (await known.RunAsync(Spec(known, name))).Succeeded.ShouldBeTrue();
        var unreadable = await Should.ThrowAsync<ContainerLaunchException>(
            () => known.LaunchAsync(Spec(known, $"{registry.Host}/other:1", "{\"secret-text\"")));
        unreadable.Message.ShouldContain("no docker config");
        unreadable.Message.ShouldNotContain("secret-text");
    }

    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task An_image_is_pinned_by_its_digest_with_or_without_a_tag_beside_it()
    {
        await using var fixture = RuntimeFixture.Linux();
        await using var registry = await Registry.StartAsync();
        var first = Layout(fixture, "first");
        var digest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Join(first, "index.json")))!["manifests"]![0]!["digest"]!.GetValue<string>();
        await registry.PushAsync(first, "app:latest");
        await registry.PushAsync(Layout(fixture, "second"), "app:latest");

        foreach (var name in (string[])[$"{registry.Host}/app@{digest}", $"{registry.Host}/app:latest@{digest}"])
        {
            var spec = Spec(fixture, name);
            (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue();
            fixture.Output(spec.Key).ShouldBe("first");
        }
    }

    [RootFact("skopeo", "busybox")]
    public async Task Archives_of_both_kinds_run()
    {
        await using var fixture = RuntimeFixture.Linux();
        foreach (var kind in (string[])["oci-archive", "docker-archive"])
        {
            var file = Path.Join(fixture.WorkDirectory, $"{kind}.tar");
            await Tool.RunAsync("skopeo", "copy", "--quiet", "--insecure-policy", $"oci:{Layout(fixture, kind)}", $"{kind}:{file}");
            var spec = Spec(fixture, $"{kind}:{file}");
            (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue();
            fixture.Output(spec.Key).ShouldBe(kind);
        }
    }

    [RootFact("skopeo", "busybox")]
    public async Task A_pull_that_takes_too_long_fails_with_the_layer_that_it_hung_at_and_the_next_one_works()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { ImagePullTimeout = TimeSpan.FromSeconds(3) });
        var layout = Layout(fixture, "slow");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Join(layout, "index.json")))!["manifests"]![0]!["digest"]!.GetValue<string>();
        var layer = JsonNode.Parse(await File.ReadAllTextAsync(BlobPath(layout, manifest)))!["layers"]![0]!["digest"]!.GetValue<string>();
        await using var registry = await StallingRegistryAsync(layout, manifest, layer);
        var name = $"{registry.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()["http://".Length..]}/slow:1";

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(Spec(fixture, name)));

        failure.Failure.ShouldBe(ContainerLaunchFailure.Image);
        failure.Message.ShouldContain("was not pulled within 3 s");
        failure.Message.ShouldContain(layer["sha256:".Length..][..12]);
        (await fixture.RunAsync(Spec(fixture, $"oci:{layout}"))).Succeeded.ShouldBeTrue();
    }

    [RootFact("skopeo", "busybox")]
    public async Task Images_used_least_recently_go_with_their_blobs_and_layers_and_those_in_use_stay()
    {
        // Two images of busybox's size fit, three do not.
        var megabyte = new System.IO.FileInfo(TestImage.Busybox).Length;
        await using var fixture = RuntimeFixture.Linux(options => options with { ImageStoreBytes = megabyte * 4 });
        var store = Path.Join(fixture.WorkDirectory, "images");
        var used = Spec(fixture, $"oci:{Layout(fixture, "used")}", command: "/bin/cat /name; /bin/sleep 1000");
        await fixture.LaunchAsync(used);
        foreach (var name in (string[])["old", "new", "newest"])
        {
            var spec = Spec(fixture, $"oci:{Layout(fixture, name)}");
            await fixture.RunAsync(spec);
            await fixture.Runtime.DestroyAsync(spec.Key);
        }

        var left = Directory.GetFiles(Path.Join(store, "layers"), "name", SearchOption.AllDirectories).Select(File.ReadAllText).ToArray();
        left.ShouldContain("used");
        left.ShouldContain("newest");
        left.ShouldNotContain("old");
        // A layer, a manifest and a configuration for each image that is left, and nothing else.
        Directory.GetFiles(Path.Join(store, "blobs"), "*", SearchOption.AllDirectories).Length.ShouldBe(3 * left.Length);
        var again = Spec(fixture, $"oci:{Path.Join(fixture.WorkDirectory, "old")}");
        (await fixture.RunAsync(again)).Succeeded.ShouldBeTrue("a collected image is pulled again");
    }

    private static string BlobPath(string layout, string digest) => Path.Join(layout, "blobs", digest.Replace(':', '/'));

    /// <summary>A registry that answers everything but the layer, which it begins and never ends.</summary>
    private static async Task<WebApplication> StallingRegistryAsync(string layout, string manifest, string layer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var web = builder.Build();
        web.Run(async context =>
        {
            var path = context.Request.Path.Value!;
            if (path.Contains("/manifests/", StringComparison.Ordinal))
            {
                context.Response.ContentType = "application/vnd.oci.image.manifest.v1+json";
                await context.Response.Body.WriteAsync(await File.ReadAllBytesAsync(BlobPath(layout, manifest)));
            }
            else if (path.EndsWith(layer, StringComparison.Ordinal))
            {
                context.Response.ContentLength = new System.IO.FileInfo(BlobPath(layout, layer)).Length;
                await context.Response.StartAsync();
                await context.Response.Body.FlushAsync();
                await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else if (path.Contains("/blobs/", StringComparison.Ordinal))
            {
                await context.Response.Body.WriteAsync(await File.ReadAllBytesAsync(BlobPath(layout, path.Split('/')[^1])));
            }
        });
        await web.StartAsync();
        return web;
    }

    private static string Layout(RuntimeFixture fixture, string name) => TestImage.Create(
        Path.Join(fixture.WorkDirectory, name),
        [],
        tar =>
        {
            TestImage.BusyboxLayer(tar);
            TestImage.Add(tar, "name", content: name);
        });

    private static ContainerSpec Spec(RuntimeFixture fixture, string name, string? config = null, string command = "/bin/cat /name")
    {
        var spec = fixture.Spec(command) with
        {
            Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = name } },
        };
        if (config is not null)
        {
            spec.Image.Docker.Config = new Secret
            {
                Type = Secret.Types.Type.Value,
                Value = new Secret.Types.Value { Data = ByteString.CopyFromUtf8(config) },
            };
        }

        return spec;
    }
}
