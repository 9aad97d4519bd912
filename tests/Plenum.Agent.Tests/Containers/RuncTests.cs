using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Containers;

public sealed class RuncTests
{
    [RootFact("runc")]
    public async Task Without_crun_containers_and_sessions_run_by_runc()
    {
        var name = $"plenum-test-{Guid.NewGuid():N}"[..24];
        var work = Directory.CreateDirectory(Path.Join("/var/tmp", name)).FullName;
        var programs = new HostPrograms(HostPrograms.TryFind("conmon")!, HostPrograms.TryFind("runc")!, RuntimeIsCrun: false);
        var runtime = new ConmonRuntime(
            new ContainerRuntimeOptions { WorkDirectory = work, CgroupParent = name }, programs, TimeProvider.System, NullLoggerFactory.Instance);
        var sandbox = Directory.CreateDirectory(Path.Join(work, "sandbox")).FullName;
        var spec = new ContainerSpec
        {
            Key = new ContainerKey(Guid.NewGuid().ToString()),
            SandboxDirectory = sandbox,
            Command = new ContainerCommand
            {
                Value = "echo pid $$; read go < gate; exit 5",
                Environment = new Dictionary<string, string> { ["PASSWORD"] = "hush-runc" },
                SecretVariables = new HashSet<string> { "PASSWORD" },
            },
            Limits = new ContainerLimits { Cpus = 0.1, MemoryBytes = 64 << 20 },
        };
        using var gate = Gate.Create(Path.Join(sandbox, "gate"));
        try
        {
            await runtime.LaunchAsync(spec, default);
            // At once: the container's process may still be runc that is about to become its program.
            await using (var session = await runtime.ExecAsync(spec.Key, new ExecSpec { Command = new ContainerCommand { Value = "echo $PASSWORD" } }, default))
            {
                using var output = new StreamReader(session.Output);
                using var error = new StreamReader(session.Error);
                (await output.ReadToEndAsync()).ShouldBe("hush-runc\n", await error.ReadToEndAsync());
            }

            Directory.GetFiles(Path.Join(work, "runtime"), "*.json", SearchOption.AllDirectories)
                .ShouldAllBe(static file => !File.ReadAllText(file).Contains("hush-runc"));
            runtime.Statistics(spec.Key)!.MemLimitBytes.ShouldBe(64ul << 20);
            gate.Open();
            (await runtime.WaitAsync(spec.Key).WaitAsync(RuntimeFixture.Patience))!.ExitCode.ShouldBe(5);
            File.ReadAllText(Path.Join(sandbox, "stdout")).ShouldBe("pid 1\n");
        }
        finally
        {
            await runtime.DestroyAsync(spec.Key);
            await runtime.DisposeAsync();
            await new Plenum.Agent.Containers.Cgroups.Cgroup(Plenum.Agent.Containers.Cgroups.CgroupHost.Detect(), $"/{name}").RemoveAsync(TimeProvider.System);
            Directory.Delete(work, recursive: true);
        }
    }
}
