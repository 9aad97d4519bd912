using Plenum.Agent.Containers;
using Plenum.Agent.Launching;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Tests.Launching;

public sealed class DockerParametersTests
{
    [Fact]
    public void Options_of_docker_run_win_over_what_the_task_says()
    {
        var spec = Apply(
            ("env", "A=2"), ("e", "B=x=y"), ("hostname", "web-1"), ("add-host", "db:10.0.0.7"), ("dns", "10.0.0.2"),
            ("dns-search", "example.org"), ("user", "nobody"), ("workdir", "/srv"), ("shm-size", "128m"), ("memory-swap", "-1"),
            ("volume", "/usr/share:/data:ro"), ("tmpfs", "/run:size=1m"), ("init", "true"), ("read-only", "true"), ("label", "MESOS_TASK_ID=t"),
            ("ulimit", "nofile=100:200"), ("privileged", "true"), ("security-opt", "no-new-privileges:false"), ("pids-limit", "50"));

        spec.Command.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "2", ["B"] = "x=y" }, ignoreOrder: true);
        spec.HostName.ShouldBe("web-1");
        spec.Names.Hosts.ShouldBe([("10.0.0.7", "db")]);
        spec.Names.NameServers.ShouldBe(["10.0.0.2"]);
        spec.Names.SearchDomains.ShouldBe(["example.org"]);
        spec.Command.User.ShouldBe("nobody");
        spec.Command.WorkingDirectory.ShouldBe("/srv");
        spec.Linux.SharedMemoryBytes.ShouldBe(128 << 20);
        spec.Linux.MemoryAndSwapBytes.ShouldBe(-1);
        spec.Mounts.ShouldHaveSingleItem().ShouldBe(new ContainerMount("/usr/share", "/data", ReadOnly: true) { IsOfMachine = true });
        spec.Linux.Mounts.ShouldHaveSingleItem().Options.ShouldContain("size=1m");
        spec.Linux.ResourceLimits.ShouldHaveSingleItem().Soft.ShouldBe(100ul);
        spec.Linux.ShouldSatisfyAllConditions(
            linux => linux.Init.ShouldBeTrue(),
            linux => linux.ReadOnlyRoot.ShouldBeTrue(),
            linux => linux.Privileged.ShouldBeTrue(),
            linux => linux.NewPrivileges.ShouldBeTrue());
        spec.Limits.Processes.ShouldBe(50);
    }

    [Fact]
    public void Capabilities_are_added_to_and_taken_from_the_small_default_set()
    {
        var spec = Apply(("cap-drop", "ALL"), ("cap-add", "net_raw"), ("cap-add", "CAP_KILL"), ("cap-drop", "kill"));

        spec.Linux.EffectiveCapabilities.ShouldBe(["CAP_NET_RAW"]);
    }

    [Fact]
    public void An_entry_point_takes_the_place_of_the_images()
    {
        var spec = DockerParameters.Apply(
            Spec() with { Command = new ContainerCommand { Shell = false, Arguments = ["-c", "echo"] } },
            [new Parameter { Key = "entrypoint", Value = "/bin/sh" }]);

        CommandLine.Arguments(spec.Command, image: null).ShouldBe(["/bin/sh", "-c", "echo"]);
    }

    [Theory]
    [InlineData("network", "host", "serves add-host, cap-add")]
    [InlineData("name", "kdc", "'name' has no equivalent")]
    [InlineData("ulimit", "files=3", "ulimit")]
    [InlineData("cap-add", "FLY", "no capability")]
    [InlineData("device", "/dev/no-such-device", "no device")]
    [InlineData("volume", "named:/data", "volume")]
    [InlineData("shm-size", "large", "shm-size")]
    [InlineData("shm-size", "99999999999g", "shm-size")]
    [InlineData("add-host", "db:not-an-address", "add-host")]
    [InlineData("hostname", "not a name", "host name")]
    [InlineData("entrypoint", "/bin/sh", "shell")]
    [InlineData("security-opt", "apparmor=x", "security-opt")]
    [InlineData("env", "=x", "env")]
    public void What_has_no_equivalent_or_no_sense_is_refused_by_name(string key, string value, string said) =>
        Should.Throw<ContainerLaunchException>(() => Apply((key, value))).Message.ShouldContain(said);

    private static ContainerSpec Apply(params (string Key, string Value)[] parameters) => DockerParameters.Apply(
        Spec(), parameters.Select(static parameter => new Parameter { Key = parameter.Key, Value = parameter.Value }));

    private static ContainerSpec Spec() => new()
    {
        Key = new ContainerKey("c"),
        SandboxDirectory = "/tmp",
        Command = new ContainerCommand { Value = "true", Environment = new Dictionary<string, string> { ["A"] = "1" } },
    };
}
