using System.Net;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Agent.Call.Types.Type;

namespace Plenum.Agent.Tests.Server;

/// <summary>LAUNCH, WAIT, KILL, REMOVE and GET of containers that are no tasks, with the codes of mesos.md 3.8.</summary>
public sealed class ContainerCallTests
{
    [Fact]
    public async Task A_standalone_container_is_shown_when_asked_for_and_ends_by_the_signal_of_the_call()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = new ContainerID { Value = "alone" };
        (await LaunchAsync(fixture, id, "echo up > up; exec sleep 1000")).ShouldBe(HttpStatusCode.OK);
        (await LaunchAsync(fixture, id, "sleep 1000")).ShouldBe(HttpStatusCode.Accepted, "it runs already");
        (await ShownAsync(fixture, nested: false, standalone: false)).ShouldBeEmpty();
        (await ShownAsync(fixture, nested: true, standalone: false)).ShouldBeEmpty();
        (await ShownAsync(fixture, nested: false, standalone: true)).ShouldBe(["alone"]);
        (await RemoveAsync(fixture, id)).ShouldBe(HttpStatusCode.InternalServerError, "it still runs");

        // A signal before its command runs meets the shell that waits for it, and is lost there.
        await LineIn.FileAsync(Path.Combine(fixture.Work, "containers", "alone", "up"), "up");
        (await KillAsync(fixture, id, signal: 15)).ShouldBe(HttpStatusCode.OK);
        (await WaitAsync(fixture, id)).ExitStatus.ShouldBe(15, "the raw status word of wait(2): ended by signal 15");
        (await ShownAsync(fixture, nested: false, standalone: true)).ShouldBeEmpty("it has ended");
        (await RemoveAsync(fixture, id)).ShouldBe(HttpStatusCode.OK);
        (await RemoveAsync(fixture, id)).ShouldBe(HttpStatusCode.OK, "removed already");
        (await KillAsync(fixture, id, signal: null)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_nested_container_lives_in_a_tasks_container_under_both_spellings(bool old)
    {
        await using var fixture = await AgentFixture.StartAsync();
        var status = await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
        var id = new ContainerID { Value = "inside", Parent = status.ContainerStatus.ContainerId };
        using (var launch = await fixture.PostAsync("api/v1", old
            ? new Call
            {
                Type = Type.LaunchNestedContainer,
                LaunchNestedContainer = new Call.Types.LaunchNestedContainer { ContainerId = id, Command = new CommandInfo { Value = "sleep 1000" } },
            }
            : Launch(id, "sleep 1000")))
        {
            launch.StatusCode.ShouldBe(HttpStatusCode.OK);
            launch.Content.Headers.ContentType.ShouldBeNull("a call without a result");
        }

        (await ShownAsync(fixture, nested: false, standalone: true)).ShouldBe([status.ContainerStatus.ContainerId.Value]);
        (await ShownAsync(fixture, nested: true, standalone: false)).ShouldBe(
            [status.ContainerStatus.ContainerId.Value, $"{status.ContainerStatus.ContainerId.Value}/inside"], ignoreOrder: true);
        using (var kill = await fixture.PostAsync("api/v1", old
            ? new Call { Type = Type.KillNestedContainer, KillNestedContainer = new Call.Types.KillNestedContainer { ContainerId = id } }
            : new Call { Type = Type.KillContainer, KillContainer = new Call.Types.KillContainer { ContainerId = id } }))
        {
            kill.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var wait = await fixture.CallAsync(old
            ? new Call { Type = Type.WaitNestedContainer, WaitNestedContainer = new Call.Types.WaitNestedContainer { ContainerId = id } }
            : new Call { Type = Type.WaitContainer, WaitContainer = new Call.Types.WaitContainer { ContainerId = id } });
        (old ? wait.WaitNestedContainer.ExitStatus : wait.WaitContainer.ExitStatus).ShouldBe(9, "without a signal it is SIGKILL");
        using var remove = await fixture.PostAsync("api/v1", old
            ? new Call { Type = Type.RemoveNestedContainer, RemoveNestedContainer = new Call.Types.RemoveNestedContainer { ContainerId = id } }
            : new Call { Type = Type.RemoveContainer, RemoveContainer = new Call.Types.RemoveContainer { ContainerId = id } });
        remove.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_no_container_may_have_or_be_is_400_with_the_reason()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var reserved = Launch(new ContainerID { Value = "a" }, "true");
        reserved.LaunchContainer.Resources.Add(new Resource
        {
            Name = "cpus",
            Type = Value.Types.Type.Scalar,
            Scalar = new Value.Types.Scalar { Value = 1 },
            Reservations = { new Resource.Types.ReservationInfo { Type = Resource.Types.ReservationInfo.Types.Type.Static, Role = "r" } },
        });
        var deep = Launch(new ContainerID { Value = "c", Parent = new ContainerID { Value = "b", Parent = new ContainerID { Value = "nobody" } } }, "true");
        foreach (var (call, reason) in ((Call, string)[])
        [
            (reserved, "unreserved"),
            (deep, "no parent"),
            (Launch(new ContainerID { Value = "a.b" }, "true"), "container id"),
            (Sharing(Launch(new ContainerID { Value = "d" }, "true"), true), "share_cgroups"),
            (new Call
            {
                Type = Type.LaunchNestedContainer,
                LaunchNestedContainer = new Call.Types.LaunchNestedContainer
                {
                    ContainerId = new ContainerID { Value = "e" }, Command = new CommandInfo { Value = "true" },
                },
            }, "launch_nested_container.container_id.parent"),
        ])
        {
            using var response = await fixture.PostAsync("api/v1", call);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, call.ToString());
            (await response.Content.ReadAsStringAsync()).ShouldContain(reason);
        }
    }

    [Fact]
    public async Task Only_a_container_of_the_first_level_has_cgroups_of_its_own_and_a_session_never()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var parent = (await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"))).ContainerStatus.ContainerId;
        var first = new ContainerID { Value = "first", Parent = parent };
        (await StatusAsync(fixture, Sharing(Launch(first, "sleep 1000"), false))).ShouldBe(HttpStatusCode.OK);
        var second = Sharing(Launch(new ContainerID { Value = "second", Parent = first }, "sleep 1000"), false);
        (await StatusAsync(fixture, second)).ShouldBe(HttpStatusCode.BadRequest);
        var session = new Call
        {
            Type = Type.LaunchNestedContainerSession,
            LaunchNestedContainerSession = new Call.Types.LaunchNestedContainerSession
            {
                ContainerId = new ContainerID { Value = "session", Parent = parent },
                Command = new CommandInfo { Value = "true" },
                Container = second.LaunchContainer.Container,
            },
        };
        using var refused = await fixture.PostAsync("api/v1", session, "application/recordio");
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("share_cgroups");
    }

    private static Call Sharing(Call call, bool shares)
    {
        call.LaunchContainer.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos, LinuxInfo = new LinuxInfo { ShareCgroups = shares },
        };
        return call;
    }

    private static Call Launch(ContainerID id, string command) => new()
    {
        Type = Type.LaunchContainer,
        LaunchContainer = new Call.Types.LaunchContainer { ContainerId = id, Command = new CommandInfo { Value = command } },
    };

    private static async Task<HttpStatusCode> LaunchAsync(AgentFixture fixture, ContainerID id, string command) =>
        await StatusAsync(fixture, Launch(id, command));

    private static Task<HttpStatusCode> KillAsync(AgentFixture fixture, ContainerID id, int? signal)
    {
        var kill = new Call.Types.KillContainer { ContainerId = id };
        if (signal is { } number)
        {
            kill.Signal = number;
        }

        return StatusAsync(fixture, new Call { Type = Type.KillContainer, KillContainer = kill });
    }

    private static Task<HttpStatusCode> RemoveAsync(AgentFixture fixture, ContainerID id) => StatusAsync(
        fixture, new Call { Type = Type.RemoveContainer, RemoveContainer = new Call.Types.RemoveContainer { ContainerId = id } });

    private static async Task<Response.Types.WaitContainer> WaitAsync(AgentFixture fixture, ContainerID id) => (await fixture.CallAsync(
        new Call { Type = Type.WaitContainer, WaitContainer = new Call.Types.WaitContainer { ContainerId = id } })).WaitContainer;

    private static async Task<HttpStatusCode> StatusAsync(AgentFixture fixture, Call call)
    {
        using var response = await fixture.PostAsync("api/v1", call);
        return response.StatusCode;
    }

    private static async Task<IEnumerable<string>> ShownAsync(AgentFixture fixture, bool nested, bool standalone)
    {
        var answer = await fixture.CallAsync(new Call
        {
            Type = Type.GetContainers,
            GetContainers = new Call.Types.GetContainers { ShowNested = nested, ShowStandalone = standalone },
        });
        return answer.GetContainers.Containers.Select(static container => container.ContainerId is { Parent: { } parent } id
            ? $"{parent.Value}/{id.Value}"
            : container.ContainerId.Value);
    }
}
