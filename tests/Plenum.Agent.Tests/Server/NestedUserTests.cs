using System.IO.Pipelines;
using System.Net;
using System.Text;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Images;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>Who runs in what is started beside or inside a task, with real containers.</summary>
public sealed class NestedUserTests
{
    [RootFact]
    public async Task A_session_runs_as_the_tasks_user_and_as_another_one_when_it_says_so()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture, image: null);

        (await SayAsync(fixture, parent, "usual", "id -u", user: null)).ShouldBe("65534\n");
        (await SayAsync(fixture, parent, "other", "id -u; id -g", user: "root")).ShouldBe("0\n0\n");
        (await SayAsync(fixture, parent, "number", "id -u; id -g", user: "1234")).ShouldBe("1234\n1234\n");
        (await SayAsync(fixture, parent, "unknown", "true", "no-such-user")).ShouldContain("the user 'no-such-user' does not exist");
    }

    [RootFact("skopeo", "busybox")]
    public async Task The_users_of_a_session_are_the_images_own_also_for_a_later_agent()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var layout = Layout(fixture);
        var parent = await ParentAsync(fixture, layout);
        await fixture.RestartAgentAsync();

        (await SayAsync(fixture, parent, "own", "id -u; id -g", user: "imaginary")).ShouldBe("4711\n4712\n");
    }

    [RootFact("skopeo", "busybox")]
    public async Task A_nested_container_is_its_parents_users_unless_it_says_otherwise_and_may_have_an_image()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var layout = Layout(fixture);
        var parent = await ParentAsync(fixture, image: null);

        (await RunAsync(fixture, parent, "usual", user: null, image: null)).ShouldBe("65534\n");
        (await RunAsync(fixture, parent, "root", "root", image: null)).ShouldBe("0\n");
        (await RunAsync(fixture, parent, "image", "imaginary", layout)).ShouldBe("4711\n");
    }

    private static string Layout(AgentFixture fixture) => TestImage.Create(
        Path.Join(fixture.Work, "layout"),
        [],
        TestImage.BusyboxLayer,
        static tar =>
        {
            TestImage.Add(tar, "etc", System.Formats.Tar.TarEntryType.Directory);
            TestImage.Add(tar, "etc/passwd", content: "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\nimaginary:x:4711:4712::/:/bin/sh\n");
        });

    private static async Task<ContainerID> ParentAsync(AgentFixture fixture, string? image) =>
        (await fixture.RunUpAsync(FakeMaster.Task("parent", "sleep 1000", task =>
        {
            task.Command.User = "nobody";
            if (image is not null)
            {
                task.Container = ContainerOf(image);
            }
        }))).ContainerStatus.ContainerId;

    private static ContainerInfo ContainerOf(string layout) => new()
    {
        Type = ContainerInfo.Types.Type.Mesos,
        Mesos = new ContainerInfo.Types.MesosInfo
        {
            Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = $"oci:{layout}" } },
        },
    };

    /// <summary>What a session writes, or why there is none.</summary>
    private static async Task<string> SayAsync(AgentFixture fixture, ContainerID parent, string id, string command, string? user)
    {
        var call = new Call.Types.LaunchNestedContainerSession
        {
            ContainerId = new ContainerID { Value = id, Parent = parent },
            Command = Command(command, user),
        };
        using var response = await fixture.PostAsync(
            "api/v1",
            new Call { Type = Call.Types.Type.LaunchNestedContainerSession, LaunchNestedContainerSession = call },
            "application/recordio");
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return await response.Content.ReadAsStringAsync();
        }

        var said = new StringBuilder();
        var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        while (await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token()) is { } io)
        {
            said.Append(io.Data?.Data_.ToStringUtf8());
        }

        return said.ToString();
    }

    /// <summary>Who runs in a nested container, as it writes that into its sandbox.</summary>
    private static async Task<string> RunAsync(AgentFixture fixture, ContainerID parent, string id, string? user, string? image)
    {
        var nested = new ContainerID { Value = id, Parent = parent };
        using (var response = await fixture.PostAsync("api/v1", new Call
        {
            Type = Call.Types.Type.LaunchNestedContainer,
            LaunchNestedContainer = new Call.Types.LaunchNestedContainer
            {
                ContainerId = nested,
                Command = Command("id -u", user),
                Container = image is null ? null : ContainerOf(image),
            },
        }))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        }

        var wait = await fixture.CallAsync(new Call
        {
            Type = Call.Types.Type.WaitNestedContainer,
            WaitNestedContainer = new Call.Types.WaitNestedContainer { ContainerId = nested },
        });
        wait.WaitNestedContainer.ExitStatus.ShouldBe(0);
        var sandbox = Path.Join(
            fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/parent/runs", parent.Value, "containers", id);
        var said = await System.IO.File.ReadAllTextAsync(Path.Join(sandbox, "stdout"));
        using var removed = await fixture.PostAsync("api/v1", new Call
        {
            Type = Call.Types.Type.RemoveNestedContainer,
            RemoveNestedContainer = new Call.Types.RemoveNestedContainer { ContainerId = nested },
        });
        removed.StatusCode.ShouldBe(HttpStatusCode.OK);
        Directory.Exists(sandbox).ShouldBeFalse();
        return said;
    }

    private static CommandInfo Command(string command, string? user)
    {
        var info = new CommandInfo { Value = command };
        if (user is not null)
        {
            info.User = user;
        }

        return info;
    }
}
