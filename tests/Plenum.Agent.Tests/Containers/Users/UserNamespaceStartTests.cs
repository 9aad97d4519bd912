using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Users;

namespace Plenum.Agent.Tests.Containers.Users;

/// <summary>What cannot be had is said before the first task.</summary>
public sealed class UserNamespaceStartTests
{
    [Fact]
    public void An_agent_refuses_ids_for_containers_that_it_cannot_keep_apart_from_the_machine()
    {
        Refused(static options => options with { Isolation = AgentIsolation.Processes }).ShouldContain("plain processes do not");
        if (Environment.IsPrivilegedProcess)
        {
            Refused(static options => options with { HostPrograms = AgentHostPrograms.Shared }).ShouldContain("--host-programs shared");
            Refused(static options => options with { UserNamespaces = "0:65536" }).ShouldContain("BASE:SIZE");
        }

        static string Refused(Func<AgentOptions, AgentOptions> adjust)
        {
            var options = new AgentOptions { Master = new Uri("http://127.0.0.1:1"), WorkDirectory = "/nowhere", UserNamespaces = "1000000:65536" };
            return Should.Throw<AgentStartException>(() => RuntimeChoice.Create(adjust(options), TimeProvider.System, NullLoggerFactory.Instance)).Message;
        }
    }

    [UserNamespaceFact]
    public async Task A_machine_that_lacks_something_is_told_what()
    {
        var users = new UserNamespaces(UserNamespaceOptions.Parse("1000000:65536"), NullLogger.Instance);
        var crun = new HostPrograms("/usr/bin/conmon", "/usr/bin/crun", RuntimeIsCrun: true);

        await users.CheckAsync(crun, ["/var/tmp", "/dev/shm"], default);
        (await RefusedAsync(crun with { Runtime = "/usr/bin/runc", RuntimeIsCrun = false }, "/var/tmp")).ShouldContain("they need crun");

        // A file system that shows no file with another owner.
        var why = await RefusedAsync(crun, "/proc/sys");
        why.ShouldContain("map the owners of /proc/sys");
        why.ShouldContain("or start the agent without --user-namespaces");

        async Task<string> RefusedAsync(HostPrograms programs, string directory) =>
            (await Should.ThrowAsync<ContainerLaunchException>(() => users.CheckAsync(programs, [directory], default))).Message;
    }
}
