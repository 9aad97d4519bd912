using System.Text.Json.Nodes;
using Google.Protobuf;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;
using Variable = Plenum.Protocol.V1.Environment.Types.Variable;

namespace Plenum.Agent.Tests.Secrets;

/// <summary>Secrets of tasks through the whole agent: as its master orders them and its APIs show them.</summary>
public sealed class TaskSecretTests
{
    [RootFact]
    public async Task References_reach_the_task_as_variable_and_file_and_no_api_or_checkpoint_shows_their_values()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        Put(fixture, "db/password", "hush-reference");
        Put(fixture, "__dcos_base64__key", Convert.ToBase64String("decoded"u8));
        fixture.Master.Run(FakeMaster.Task("secretive", "echo $PASSWORD $INLINE $(cat files/key files/inline) > out; sleep 1000", task =>
        {
            task.Command.Environment = new Protocol.V1.Environment
            {
                Variables = { Secretly("PASSWORD", Reference("db/password")), Secretly("INLINE", Inline("hush-inline")) },
            };
            task.Container = new ContainerInfo
            {
                Type = ContainerInfo.Types.Type.Mesos,
                Volumes = { File("files/key", Reference("__dcos_base64__key")), File("files/inline", Inline("hush-file")) },
            };
        }));
        var running = await fixture.Master.UpdateAsync("secretive", TaskState.TaskRunning);
        var output = Path.Join(fixture.SandboxOf(running), "out");
        await LineIn.FileAsync(output, "hush-reference hush-inline decodedhush-file\n");

        string[] shown =
        [
            await fixture.GetAsync("state"),
            await fixture.GetAsync("containers"),
            (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetState })).ToString(),
            (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetContainers })).ToString(),
        ];
        foreach (var value in (string[])["hush-reference", "hush-inline", "hush-file", Convert.ToBase64String("hush-file"u8), Convert.ToBase64String("hush-inline"u8)])
        {
            shown.ShouldAllBe(text => !text.Contains(value, StringComparison.Ordinal));
        }

        // What the framework sent inline is in its own task's checkpoint, which is the owner's alone; a referred one is in none.
        foreach (var record in Directory.GetFiles(Path.Join(fixture.Work, "meta"), "*.rec", SearchOption.AllDirectories))
        {
            (await System.IO.File.ReadAllTextAsync(record)).ShouldNotContain("hush-reference");
        }

        System.IO.File.GetUnixFileMode(Path.Join(fixture.Work, "meta")).ShouldBe(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [RootFact("skopeo", "docker-registry", "busybox")]
    public async Task An_image_is_pulled_with_the_password_that_a_reference_leads_to()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        await using var registry = await Registry.StartAsync(guarded: true);
        await registry.PushAsync(TestImage.Create(Path.Join(fixture.Work, "layout"), [], TestImage.BusyboxLayer), "private:1");
        var auth = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Registry.Credentials));
        var entry = new JsonObject { ["auth"] = auth };
        Put(fixture, "pull/config", new JsonObject { ["auths"] = new JsonObject { [registry.Host] = entry } }.ToJsonString());
        void Run(string id, string secret) => fixture.Master.Run(FakeMaster.Task(id, "true", task => task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            Mesos = new ContainerInfo.Types.MesosInfo
            {
                Image = new Image
                {
                    Type = Image.Types.Type.Docker,
                    Docker = new Image.Types.Docker { Name = $"{registry.Host}/private:1", Config = Reference(secret) },
                },
            },
        }));

        Run("refused", "pull/other");
        (await fixture.Master.UpdateAsync("refused", TaskState.TaskFailed)).Message.ShouldContain("The secret 'pull/other' does not exist");
        Run("pulled", "pull/config");
        await fixture.Master.UpdateAsync("pulled", TaskState.TaskFinished);
    }

    [Fact]
    public async Task A_secret_that_is_missing_fails_the_task_with_its_name()
    {
        await using var fixture = await AgentFixture.StartAsync();
        Put(fixture, "there", "hush");
        fixture.Master.Run(FakeMaster.Task("lost", "true", static task => task.Command.Environment = new Protocol.V1.Environment
        {
            Variables = { Secretly("ONE", Reference("there")), Secretly("TWO", Reference("not/there")) },
        }));
        var failed = await fixture.Master.UpdateAsync("lost", TaskState.TaskFailed);
        failed.Message.ShouldContain("The secret 'not/there' does not exist");
        failed.Message.ShouldNotContain("hush");
    }

    private static void Put(AgentFixture fixture, string name, string value)
    {
        var directory = Path.Join(fixture.Work, "secrets");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Join(directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, value);
    }

    private static Variable Secretly(string name, Secret secret) => new() { Name = name, Type = Variable.Types.Type.Secret, Secret = secret };

    private static Secret Reference(string name) =>
        new() { Type = Secret.Types.Type.Reference, Reference = new Secret.Types.Reference { Name = name } };

    private static Secret Inline(string value) =>
        new() { Type = Secret.Types.Type.Value, Value = new Secret.Types.Value { Data = ByteString.CopyFromUtf8(value) } };

    private static Volume File(string path, Secret secret) => new()
    {
        ContainerPath = path,
        Mode = Volume.Types.Mode.Ro,
        Source = new Volume.Types.Source { Type = Volume.Types.Source.Types.Type.Secret, Secret = secret },
    };
}
