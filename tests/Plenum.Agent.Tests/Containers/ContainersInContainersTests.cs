using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Images;
using Plenum.Agent.Networking;
using Plenum.Agent.Tests.Images;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Containers;

public sealed class ContainersInContainersTests
{
    /// <summary>The wait for containerd's socket is the container's own; the test waits for what it prints.</summary>
    private const string Script =
        """
        set -e
        mkdir -p state
        cat > config.toml <<END
        version = 2
        root = "$PWD/root"
        state = "/run/containerd"
        disabled_plugins = ["io.containerd.grpc.v1.cri"]
        END
        containerd -c config.toml > containerd.log 2>&1 &
        until ctr version > /dev/null 2>&1; do sleep 0.1; done
        ctr images import --no-unpack inner.tar > import.log
        ctr run --rm docker.io/test/inner:1 inner sh -c 'echo inside $(readlink /proc/self/ns/pid); cat /proc/self/cgroup' > inner.log 2>&1 || { cat inner.log containerd.log; exit 3; }
        cat inner.log
        ctr run -d docker.io/test/inner:1 stays sleep 1000
        ctr tasks list
        echo ready
        exec sleep 1000
        """;

    [RootFact("containerd", "ctr", "skopeo", "busybox", "runc")]
    public async Task Debians_containerd_runs_a_container_inside_a_privileged_one_and_all_of_it_ends_with_that()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec(Script) with
        {
            Network = new NetworkRequest([new NetworkInfo { Name = NetworkOptions.DefaultBridgeNetwork }]),
            Linux = new LinuxSettings
            {
                Privileged = true,
                Mounts = [new OciMount("/run", "tmpfs", "tmpfs", "nosuid", "nodev")],
            },
        };
        var layout = TestImage.Create(Path.Join(fixture.WorkDirectory, "layout"), [], TestImage.BusyboxLayer);
        var (code, message) = await HostTool.RunAsync(
            "skopeo", ["copy", $"oci:{layout}", $"docker-archive:{spec.SandboxDirectory}/inner.tar:docker.io/test/inner:1"], CancellationToken.None);
        code.ShouldBe(0, message);

        await fixture.LaunchAsync(spec);
        var end = fixture.EndAsync(spec.Key);
        await Task.WhenAny(fixture.WaitForOutputAsync(spec.Key, "ready"), end);

        var output = fixture.Output(spec.Key);
        end.IsCompleted.ShouldBeFalse($"{output}\n{fixture.Error(spec.Key)}");
        output.ShouldContain("inside pid:[");
        output.ShouldContain("RUNNING");
        // What containerd started is in the container's own cgroups, so that nothing of it outlives the container.
        await fixture.Runtime.DestroyAsync(spec.Key);
    }
}
