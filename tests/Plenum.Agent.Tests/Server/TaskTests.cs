using System.Net;
using System.Net.Sockets;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class TaskTests
{
    [Fact]
    public async Task A_task_runs_with_its_environment_in_its_sandbox_and_finishes()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("hello", "echo \"$GREETING $MESOS_FRAMEWORK_ID $MESOS_EXECUTOR_ID\"; pwd", static task =>
            task.Command.Environment = new Protocol.V1.Environment
            {
                Variables = { new Protocol.V1.Environment.Types.Variable { Name = "GREETING", Value = "hi" } },
            }));
        var finished = await fixture.Master.UpdateAsync("hello", TaskState.TaskFinished);
        finished.Message.ShouldBe("Command exited with status 0");
        var container = finished.ContainerStatus.ContainerId.Value;
        var sandbox = Path.Combine(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/hello/runs", container);
        (await File.ReadAllTextAsync(Path.Combine(sandbox, "stdout"))).ShouldBe($"hi fw hello\n{sandbox}\n");
        new DirectoryInfo(Path.Combine(sandbox, "..", "latest")).LinkTarget.ShouldBe(container);
    }

    [Fact]
    public async Task A_task_that_ignores_sigterm_is_killed_by_force_after_the_grace()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task("stubborn", "trap '' TERM; echo ready; while :; do sleep 1; done"));
        fixture.Master.Kill("stubborn", TimeSpan.FromMilliseconds(300));
        var killed = await fixture.Master.UpdateAsync("stubborn", TaskState.TaskKilled);
        killed.Message.ShouldBe("Command terminated with signal Killed");
    }

    [Fact]
    public async Task A_failing_health_check_reports_and_kills()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("sick", "sleep 1000", static task => task.HealthCheck = new HealthCheck
        {
            Type = HealthCheck.Types.Type.Command,
            Command = new CommandInfo { Value = "exit 3" },
            DelaySeconds = 0,
            IntervalSeconds = 0.1,
            GracePeriodSeconds = 0,
            ConsecutiveFailures = 2,
        }));
        var killed = await fixture.Master.UpdateAsync("sick", TaskState.TaskKilled);
        killed.Healthy.ShouldBeFalse();
    }

    [Fact]
    public async Task A_port_that_answers_is_healthy_and_a_check_reports_its_result()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = (uint)((IPEndPoint)listener.LocalEndpoint).Port;
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("well", "sleep 1000", task =>
        {
            task.HealthCheck = new HealthCheck
            {
                Type = HealthCheck.Types.Type.Tcp,
                Tcp = new HealthCheck.Types.TCPCheckInfo { Port = port },
                DelaySeconds = 0,
            };
            task.Check = new CheckInfo
            {
                Type = CheckInfo.Types.Type.Command,
                Command = new CheckInfo.Types.Command { Command_ = new CommandInfo { Value = "exit 7" } },
                DelaySeconds = 0,
            };
        }));
        var (healthy, result) = (false, (int?)null);
        while (!healthy || result is null)
        {
            var status = await fixture.Master.UpdateAsync("well", TaskState.TaskRunning);
            status.CheckStatus.Type.ShouldBe(CheckInfo.Types.Type.Command);
            healthy |= status is { HasHealthy: true, Healthy: true };
            result = status.CheckStatus.Command.HasExitCode ? status.CheckStatus.Command.ExitCode : result;
        }

        result.ShouldBe(7);
    }

    [Fact]
    public async Task What_the_agent_cannot_give_fails_the_task_with_a_sentence_and_not_with_a_wrong_run()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("networked", "sleep 1000", static task => task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            NetworkInfos = { new NetworkInfo { Name = "overlay" } },
        }));
        var failed = await fixture.Master.UpdateAsync("networked", TaskState.TaskFailed);
        failed.Reason.ShouldBe(Reason.ContainerLaunchFailed);
        failed.Message.ShouldContain("network of its own");
    }

    [Fact]
    public async Task A_pod_runs_its_tasks_together_and_ends_them_together()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Send(new Protocol.Link.V1.MasterMessage
        {
            RunTaskGroup = new Protocol.Link.V1.MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = new ExecutorInfo
                {
                    Type = ExecutorInfo.Types.Type.Default,
                    ExecutorId = new ExecutorID { Value = "pod" },
                },
                TaskGroup = new TaskGroupInfo { Tasks = { FakeMaster.Task("a", "while [ ! -f go ]; do sleep 0.05; done; exit 5"), FakeMaster.Task("b", "sleep 1000") } },
            },
        });
        var running = await fixture.Master.UpdateAsync("b", TaskState.TaskRunning);
        var pod = running.ContainerStatus.ContainerId.Parent.Value;
        var a = Path.Combine(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/pod/runs", pod, "tasks/a");
        await File.WriteAllTextAsync(Path.Combine(a, "go"), "");
        (await fixture.Master.UpdateAsync("b", TaskState.TaskKilled)).Message.ShouldBe("Command terminated with signal Terminated");
    }
}
