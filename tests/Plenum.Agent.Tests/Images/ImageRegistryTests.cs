using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Images;

/// <summary>What registries differ in: certificates, tokens, formats of manifests and of layers.</summary>
public sealed class ImageRegistryTests
{
    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task A_registry_of_a_private_authority_is_verified_by_the_certificate_that_the_operator_put_there()
    {
        using var own = new TestCertificate();
        using var other = new TestCertificate();
        await using var registry = await Registry.StartAsync(certificate: own);
        var certificates = "";
        await using var fixture = RuntimeFixture.Linux(options =>
        {
            certificates = Directory.CreateDirectory(Path.Join(options.WorkDirectory, "certs", registry.Host)).FullName;
            return options with { RegistryCertificates = Path.Join(options.WorkDirectory, "certs") };
        });
        await registry.PushAsync(Layout(fixture, "secured"), "app:1");
        await File.WriteAllTextAsync(Path.Join(certificates, "ca.crt"), other.Pem);

        var refused = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(Spec(fixture, $"{registry.Host}/app:1")));
        refused.Message.ShouldContain("certificate");
        await File.WriteAllTextAsync(Path.Join(certificates, "ca.crt"), own.Pem);

        (await OutputAsync(fixture, $"{registry.Host}/app:1")).ShouldBe("secured");
    }

    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task A_registry_that_wants_a_token_gets_the_one_that_its_server_gives_for_the_password()
    {
        await using var tokens = await TokenServer.StartAsync();
        await using var registry = await Registry.StartAsync(tokens: tokens);
        await using var fixture = RuntimeFixture.Linux();
        await registry.PushAsync(Layout(fixture, "by token"), "team/app:1");
        var entry = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Registry.Credentials)) };
        var wrong = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes("somebody:closed sesame")) };
        var name = $"{registry.Host}/team/app:1";
        var asked = tokens.Asked;

        foreach (var config in (JsonObject?[])[null, wrong])
        {
            var refused = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(Spec(fixture, name, config, registry.Host)));
            refused.Message.ShouldContain("team/app:1");
            refused.Message.ShouldNotContain("sesame");
        }

        var spec = Spec(fixture, name, entry, registry.Host);
        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue();
        fixture.Output(spec.Key).ShouldBe("by token");
        tokens.Asked.ShouldBeGreaterThan(asked);
    }

    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task Dockers_own_manifests_run_and_of_a_list_that_of_this_machine()
    {
        await using var registry = await Registry.StartAsync();
        await using var fixture = RuntimeFixture.Linux();
        await registry.PushAsync(Layout(fixture, "docker"), "app:docker", format: "v2s2");
        (await OutputAsync(fixture, $"{registry.Host}/app:docker")).ShouldBe("docker");

        // The list names the image for this machine and, for another, one that is not there.
        using var http = new HttpClient { BaseAddress = new Uri($"http://{registry.Host}") };
        using var ask = new HttpRequestMessage(HttpMethod.Get, "/v2/app/manifests/docker");
        ask.Headers.Accept.ParseAdd("application/vnd.docker.distribution.manifest.v2+json");
        using var manifest = await http.SendAsync(ask);
        manifest.Content.Headers.ContentType!.MediaType.ShouldBe("application/vnd.docker.distribution.manifest.v2+json");
        JsonObject Entry(string digest, string architecture) => new()
        {
            ["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json",
            ["digest"] = digest,
            ["size"] = manifest.Content.Headers.ContentLength,
            ["platform"] = new JsonObject { ["architecture"] = architecture, ["os"] = "linux" },
        };
        var here = manifest.Headers.GetValues("Docker-Content-Digest").Single();
        var list = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.docker.distribution.manifest.list.v2+json",
            ["manifests"] = new JsonArray(Entry(here, "s390x"), Entry(here, "amd64"), Entry(here, "arm64")),
        };
        using var content = new StringContent(list.ToJsonString());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.docker.distribution.manifest.list.v2+json");
        (await http.PutAsync(new Uri("/v2/app/manifests/list", UriKind.Relative), content)).EnsureSuccessStatusCode();

        (await OutputAsync(fixture, $"{registry.Host}/app:list")).ShouldBe("docker");
    }

    [RootFact("skopeo", "busybox", "zstd")]
    public async Task Layers_packed_with_zstd_and_not_packed_at_all_are_unpacked()
    {
        await using var fixture = RuntimeFixture.Linux();
        var plain = TestImage.Create(Path.Join(fixture.WorkDirectory, "plain"), [], static tar => (tar, ""), Named("plain"));
        var packed = TestImage.Create(Path.Join(fixture.WorkDirectory, "packed"), [], tar => (Zstd(fixture, tar), "+zstd"), Named("packed"));

        (await OutputAsync(fixture, $"oci:{plain}")).ShouldBe("plain");
        (await OutputAsync(fixture, $"oci:{packed}")).ShouldBe("packed");
    }

    [RootFact("skopeo", "busybox")]
    public async Task A_layer_that_unpacks_to_more_than_one_may_take_fails_with_the_reason_and_leaves_nothing()
    {
        const int Megabyte = 1024 * 1024;
        await using var fixture = RuntimeFixture.Linux(static options => options with { ImageStoreBytes = Megabyte, LayerBytes = 4 * Megabyte });
        var bomb = TestImage.Create(Path.Join(fixture.WorkDirectory, "bomb"), [], static tar =>
        {
            TestImage.BusyboxLayer(tar);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "zeros") { DataStream = new MemoryStream(new byte[8 * Megabyte]) });
        });

        var refused = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(Spec(fixture, $"oci:{bomb}")));

        refused.Failure.ShouldBe(ContainerLaunchFailure.Image);
        refused.Message.ShouldContain("--image-store-size");
        var store = Path.Join(fixture.WorkDirectory, "images");
        Directory.GetFileSystemEntries(Path.Join(store, "tmp")).ShouldBeEmpty();
        Directory.GetFileSystemEntries(Path.Join(store, "layers")).ShouldBeEmpty();
        (await OutputAsync(fixture, $"oci:{Layout(fixture, "small")}")).ShouldBe("small");
    }

    [RootFact("skopeo", "busybox")]
    public async Task A_number_that_is_none_in_the_images_accounts_fails_the_task_with_the_entry()
    {
        await using var fixture = RuntimeFixture.Linux();
        var layout = TestImage.Create(Path.Join(fixture.WorkDirectory, "accounts"), [], static tar =>
        {
            TestImage.BusyboxLayer(tar);
            TestImage.Add(tar, "etc", TarEntryType.Directory);
            TestImage.Add(tar, "etc/passwd", content: "web:x:thousand:1000::/:/bin/sh\n");
        });
        var spec = Spec(fixture, $"oci:{layout}");

        var refused = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec with { Command = spec.Command with { User = "web" } }));

        refused.Message.ShouldContain("the user 'web' has 'thousand' where /etc/passwd");
    }

    private static byte[] Zstd(RuntimeFixture fixture, byte[] plain)
    {
        var file = Path.Join(fixture.WorkDirectory, "layer.tar");
        File.WriteAllBytes(file, plain);
        using var zstd = Process.Start("zstd", ["-q", file]);
        zstd.WaitForExit(Patience.Limit).ShouldBeTrue();
        return File.ReadAllBytes($"{file}.zst");
    }

    private static Action<TarWriter> Named(string name) => tar =>
    {
        TestImage.BusyboxLayer(tar);
        TestImage.Add(tar, "name", content: name);
    };

    private static string Layout(RuntimeFixture fixture, string name) => TestImage.Create(Path.Join(fixture.WorkDirectory, name), [], Named(name));

    private static async Task<string> OutputAsync(RuntimeFixture fixture, string image)
    {
        var spec = Spec(fixture, image);
        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue();
        return fixture.Output(spec.Key);
    }

    private static ContainerSpec Spec(RuntimeFixture fixture, string name, JsonObject? credentials = null, string host = "")
    {
        var spec = fixture.Spec("/bin/cat /name") with
        {
            Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = name } },
        };
        if (credentials is not null)
        {
            var config = new JsonObject { ["auths"] = new JsonObject { [host] = credentials.DeepClone() } };
            spec.Image.Docker.Config = new Secret
            {
                Type = Secret.Types.Type.Value,
                Value = new Secret.Types.Value { Data = ByteString.CopyFromUtf8(config.ToJsonString()) },
            };
        }

        return spec;
    }
}
