using System.Net;
using System.Net.Sockets;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Launching;

/// <summary>What a task is told when the machine is in the way.</summary>
public sealed class HostTroubleTests
{
    [Fact]
    public async Task A_port_of_the_tasks_own_that_is_taken_fails_it_with_the_port_and_the_process()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = (ulong)((IPEndPoint)listener.LocalEndpoint).Port;
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("blocked", "sleep 1000", task => task.Resources.Add(Ports(port))));
        var failed = await fixture.Master.UpdateAsync("blocked", TaskState.TaskFailed);
        failed.Message.ShouldContain($"port {port}");
        failed.Message.ShouldContain($"process {System.Environment.ProcessId} ");
        listener.Stop();
        await fixture.RunUpAsync(FakeMaster.Task("free", "sleep 1000", task => task.Resources.Add(Ports(port))));
    }

    [RootFact]
    public async Task A_full_disk_fails_new_tasks_with_that_reason_and_the_agent_goes_on()
    {
        var work = Directory.CreateTempSubdirectory("plenum-disk-").FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "plenum-test", work);
        try
        {
            await using var fixture = await AgentFixture.StartAsync(
                Directory.CreateDirectory(Path.Join(work, "agent")).FullName, static options => options with { MinimumFreeBytes = 8 << 20 });
            await fixture.RunUpAsync(FakeMaster.Task("before", "until [ -e go ]; do sleep 0.05; done; echo on"));
            var ballast = Path.Join(work, "ballast");
            var filled = await Should.ThrowAsync<IOException>(async () =>
            {
                await using var file = File.Create(ballast);
                while (true)
                {
                    await file.WriteAsync(new byte[1 << 20]);
                }
            });
            filled.Message.ShouldContain("space");

            fixture.Master.Run(FakeMaster.Task("refused", "true"));
            (await fixture.Master.UpdateAsync("refused", TaskState.TaskFailed)).Message.ShouldContain("disk is full");
            File.Delete(ballast);
            fixture.Master.Run(FakeMaster.Task("after", "true"));
            await fixture.Master.UpdateAsync("after", TaskState.TaskFinished);
            // What ran before lost nothing.
            await File.WriteAllTextAsync(
                Path.Join(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/before/runs/latest/go"), "");
            await fixture.Master.UpdateAsync("before", TaskState.TaskFinished);
        }
        finally
        {
            await Tool.RunAsync("umount", "--lazy", work);
            Directory.Delete(work);
        }
    }

    [Fact]
    public async Task An_agent_that_is_out_of_file_descriptors_refuses_tasks_with_that_reason_and_goes_on()
    {
        var work = Directory.CreateTempSubdirectory("plenum-files-").FullName;
        await using var master = await FakeMaster.StartAsync();
        using (var agent = ChildAgent.Start(master.Address, work))
        {
            await master.RegistrationAsync();
            master.Run(FakeMaster.Task("before", "sleep 1000"));
            await master.UpdateAsync("before", TaskState.TaskRunning);

            // Enough for what it does besides launches.
            await LimitAsync(agent, Directory.GetFiles($"/proc/{agent.Id}/fd").Length + 24);
            master.Run(FakeMaster.Task("refused", "true"));
            (await master.UpdateAsync("refused", TaskState.TaskFailed)).Message.ShouldContain("out of file descriptors");

            await LimitAsync(agent, 4000);
            master.Run(FakeMaster.Task("after", "true"));
            await master.UpdateAsync("after", TaskState.TaskFinished);
            master.Kill("before", TimeSpan.FromSeconds(30));
            await master.UpdateAsync("before", TaskState.TaskKilled);
            await agent.KillAsync();
        }

        Directory.Delete(work, recursive: true);

        static Task LimitAsync(ChildAgent agent, int soft) => Tool.RunAsync("prlimit", "--pid", $"{agent.Id}", $"--nofile={soft}:");
    }

    private static Resource Ports(ulong port) => new()
    {
        Name = "ports",
        Type = Value.Types.Type.Ranges,
        Ranges = new Value.Types.Ranges { Range = { new Value.Types.Range { Begin = port, End = port } } },
    };
}
