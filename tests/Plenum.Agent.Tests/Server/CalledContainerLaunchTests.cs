using System.Net;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Source = Plenum.Protocol.V1.Volume.Types.Source;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>What LAUNCH_CONTAINER brings to a container, and what it refuses.</summary>
public sealed class CalledContainerLaunchTests
{
    [RootFact]
    public async Task A_path_of_the_parents_sandbox_where_its_persistent_volume_is_mounted_is_the_volume()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        fixture.Master.Send(Orders.Reserve(1, Orders.Reserved("disk:100")));
        fixture.Master.Send(Orders.Create(2, Orders.Volume("db")));
        var parent = (await fixture.RunUpAsync(FakeMaster.Task("parent", "sleep 1000", static task => task.Resources.Add(Orders.Volume("db")))))
            .ContainerStatus.ContainerId;
        var id = new ContainerID { Value = "child", Parent = parent };
        var launch = Launch(id, "mkdir shared/sub && echo precious > shared/sub/kept");
        launch.LaunchContainer.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            Volumes =
            {
                new Volume
                {
                    ContainerPath = "shared",
                    Mode = Volume.Types.Mode.Rw,
                    Source = new Source
                    {
                        Type = Source.Types.Type.SandboxPath,
                        SandboxPath = new Source.Types.SandboxPath { Type = Source.Types.SandboxPath.Types.Type.Parent, Path = "data" },
                    },
                },
            },
        };

        (await AnswerAsync(fixture, launch)).ShouldBe((HttpStatusCode.OK, ""));

        (await ExitAsync(fixture, id)).ShouldBe(0);
        var kept = Path.Join(fixture.Work, "volumes/roles/web/db/sub/kept");
        (await System.IO.File.ReadAllTextAsync(kept)).ShouldBe("precious\n");
    }

    [Fact]
    public async Task The_files_of_its_command_are_in_its_sandbox_and_one_that_is_not_to_be_had_is_named()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var source = Path.Join(fixture.Work, "brought");
        await System.IO.File.WriteAllTextAsync(source, "here\n");
        var id = new ContainerID { Value = "alone" };
        var launch = Launch(id, "cat brought");
        launch.LaunchContainer.Command.Uris.Add(new CommandInfo.Types.URI { Value = source });
        var missing = Launch(new ContainerID { Value = "poor" }, "true");
        missing.LaunchContainer.Command.Uris.Add(new CommandInfo.Types.URI { Value = source + "-not" });

        (await AnswerAsync(fixture, launch)).ShouldBe((HttpStatusCode.OK, ""));
        var refused = await AnswerAsync(fixture, missing);

        (await ExitAsync(fixture, id)).ShouldBe(0);
        (await System.IO.File.ReadAllTextAsync(Path.Join(fixture.Work, "containers/alone/stdout"))).ShouldBe("here\n");
        refused.Code.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("brought-not cannot be fetched");
    }

    [Fact]
    public async Task A_volume_among_its_resources_is_refused_with_how_a_tasks_volume_is_shown_to_it()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var parent = (await fixture.RunUpAsync(FakeMaster.Task("parent", "sleep 1000"))).ContainerStatus.ContainerId;
        var launch = Launch(new ContainerID { Value = "child", Parent = parent }, "true");
        launch.LaunchContainer.Resources.Add(Orders.Volume("db"));

        var refused = await AnswerAsync(fixture, launch);

        refused.Code.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("'db' belongs to a task");
        refused.Text.ShouldContain("SANDBOX_PATH");
    }

    [Fact]
    public async Task It_is_not_started_on_a_full_disk()
    {
        await using var fixture = await AgentFixture.StartAsync(adjust: static options => options with { MinimumFreeBytes = 1L << 60 });

        var refused = await AnswerAsync(fixture, Launch(new ContainerID { Value = "alone" }, "true"));

        refused.Code.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("disk is full");
    }

    private static Call Launch(ContainerID id, string command) => new()
    {
        Type = Call.Types.Type.LaunchContainer,
        LaunchContainer = new Call.Types.LaunchContainer { ContainerId = id, Command = new CommandInfo { Value = command } },
    };

    private static async Task<(HttpStatusCode Code, string Text)> AnswerAsync(AgentFixture fixture, Call call)
    {
        using var response = await fixture.PostAsync("api/v1", call);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<int> ExitAsync(AgentFixture fixture, ContainerID id) => (await fixture.CallAsync(new Call
    {
        Type = Call.Types.Type.WaitContainer,
        WaitContainer = new Call.Types.WaitContainer { ContainerId = id },
    })).WaitContainer.ExitStatus;
}
