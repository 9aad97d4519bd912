using System.Text.Json.Nodes;
using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>What an operator sets of how tasks see the machine, from the agent's options to the task.</summary>
public sealed class HostSettingTests
{
    private const string NoDirectories =
        """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}""";

    [RootFact]
    public async Task A_task_names_a_seccomp_profile_of_the_agents_directory()
    {
        var profiles = Directory.CreateTempSubdirectory("plenum-seccomp-");
        try
        {
            await File.WriteAllTextAsync(Path.Join(profiles.FullName, "no-directories.json"), NoDirectories);
            await using var fixture = await AgentFixture.StartWithContainersAsync(
                options => options with { SeccompConfigurationDirectory = profiles.FullName });
            JsonNode.Parse(await fixture.GetAsync("flags"))!["flags"]!["seccomp_config_dir"]!.GetValue<string>().ShouldBe(profiles.FullName);

            fixture.Master.Run(Task("named", "no-directories.json"));
            var named = await fixture.Master.UpdateAsync("named", TaskState.TaskFinished);
            (await File.ReadAllTextAsync(Path.Join(fixture.SandboxOf(named), "stderr"))).ShouldContain("Permission denied");
            Directory.Exists(Path.Join(fixture.SandboxOf(named), "made")).ShouldBeFalse();

            fixture.Master.Run(Task("usual", profile: null));
            Directory.Exists(Path.Join(fixture.SandboxOf(await fixture.Master.UpdateAsync("usual", TaskState.TaskFinished)), "made")).ShouldBeTrue();

            fixture.Master.Run(Task("lost", "no-such.json"));
            (await fixture.Master.UpdateAsync("lost", TaskState.TaskFailed)).Message
                .ShouldContain($"The seccomp profile 'no-such.json' is not on this agent: put it into {profiles.FullName}");
        }
        finally
        {
            profiles.Delete(recursive: true);
        }
    }

    [RootFact]
    public async Task A_shared_machine_is_an_option_of_the_agent_and_shown_among_its_flags()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync(
            static options => options with { HostPrograms = AgentHostPrograms.Shared });
        JsonNode.Parse(await fixture.GetAsync("flags"))!["flags"]!["host_programs"]!.GetValue<string>().ShouldBe("shared");
        var outside = Path.Join(fixture.Work, "outside");

        fixture.Master.Run(FakeMaster.Task("shares", $"echo from the task > {outside}"));
        await fixture.Master.UpdateAsync("shares", TaskState.TaskFinished);

        (await File.ReadAllTextAsync(outside)).ShouldBe("from the task\n");
    }

    private static TaskInfo Task(string id, string? profile) => FakeMaster.Task(id, "mkdir made || true", task =>
    {
        task.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, LinuxInfo = new LinuxInfo() };
        if (profile is not null)
        {
            task.Container.LinuxInfo.Seccomp = new SeccompInfo { ProfileName = profile };
        }
    });
}
