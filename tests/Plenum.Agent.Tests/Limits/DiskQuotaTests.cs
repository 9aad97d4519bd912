using System.Text.Json;
using Plenum.Agent.Limits;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

/// <summary>Real containers on a real agent that measures often.</summary>
public sealed class DiskQuotaTests
{
    private const int Megabyte = 1024 * 1024;

    [RootFact]
    public async Task A_sandbox_over_its_quota_fails_the_task_with_the_numbers()
    {
        await using var fixture = await StartAsync(enforce: true);
        fixture.Master.Run(With(FakeMaster.Task("small", "head -c 100000 /dev/zero > file; sleep 1000"), "disk:64"));
        await fixture.Master.UpdateAsync("small", TaskState.TaskRunning);
        fixture.Master.Run(With(FakeMaster.Task("big", "head -c 12000000 /dev/zero > file; sync; sleep 1000"), "disk:8"));
        var failed = await fixture.Master.UpdateAsync("big", TaskState.TaskFailed);
        failed.Reason.ShouldBe(Reason.ContainerLimitationDisk);
        failed.Message.ShouldContain("its quota is 8MB");
        failed.Limitation.Resources.ShouldHaveSingleItem().Scalar.Value.ShouldBe(8);
        var used = await UsedAsync(fixture, "small");
        used.GetProperty("disk_limit_bytes").GetInt64().ShouldBe(64 * Megabyte);
        used.GetProperty("disk_used_bytes").GetInt64().ShouldBeInRange(100_000, 64 * Megabyte);
    }

    [RootFact]
    public async Task Without_enforcement_a_sandbox_over_its_quota_is_only_reported()
    {
        await using var fixture = await StartAsync(enforce: false);
        await fixture.RunUpAsync(With(FakeMaster.Task("t", "head -c 12000000 /dev/zero > file; sync; sleep 1000"), "disk:8"));
        JsonElement statistics;
        do
        {
            statistics = await UsedAsync(fixture, "t");
        }
        while (statistics.GetProperty("disk_used_bytes").GetInt64() < 12_000_000);
        statistics.GetProperty("disk_limit_bytes").GetInt64().ShouldBe(8 * Megabyte);
        var entry = statistics.GetProperty("disk_statistics").EnumerateArray().ShouldHaveSingleItem();
        entry.GetProperty("used_bytes").GetInt64().ShouldBeGreaterThan(12_000_000);
        fixture.Master.Kill("t", TimeSpan.Zero);
        await fixture.Master.UpdateAsync("t", TaskState.TaskKilled);
    }

    [RootFact]
    public async Task A_volume_on_a_disk_of_its_own_path_has_its_own_quota_also_after_a_restart_of_the_agent()
    {
        var disk = Directory.CreateTempSubdirectory("plenum-disk-").FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "none", disk);
        try
        {
            await using var fixture = await StartAsync(enforce: true, $$"""
                [{"name":"disk","type":"SCALAR","scalar":{"value":60} ,"disk":{"source":{"type":"PATH","path":{"root":"{{disk}}"} } } },
                 {"name":"disk","type":"SCALAR","scalar":{"value":1000} }]
                """);
            var reserved = Orders.Reserved("disk:10");
            reserved.Disk = new Resource.Types.DiskInfo { Source = new() { Type = SourceType.Path, Path = new() { Root = disk } } };
            var volume = Orders.Volume("db", 10).On(SourceType.Path, disk);
            fixture.Master.Send(Orders.Reserve(1, reserved));
            fixture.Master.Send(Orders.Create(2, volume));
            var task = With(FakeMaster.Task("db", "head -c 30000000 /dev/zero > file; while ! [ -e data/go ]; do sleep 0.05; done; head -c 20000000 /dev/zero > data/file; sleep 1000"), "disk:100");
            task.Resources.Add(volume);
            await fixture.RunUpAsync(task);
            await fixture.RestartAgentAsync();
            await File.WriteAllTextAsync(Path.Combine(disk, "volumes/roles/web/db/go"), "");
            var failed = await fixture.Master.UpdateAsync("db", TaskState.TaskFailed);
            failed.Reason.ShouldBe(Reason.ContainerLimitationDisk);
            failed.Message.ShouldContain("'db'");
            failed.Limitation.Resources.ShouldHaveSingleItem().Disk.Persistence.Id.ShouldBe("db");
        }
        finally
        {
            await Tool.RunAsync("umount", disk);
            Directory.Delete(disk);
        }
    }

    [RootFact]
    public async Task What_a_task_of_a_pod_fetches_fits_into_its_own_disk_however_much_the_others_have()
    {
        await using var fixture = await StartAsync(enforce: true);
        var file = Path.Combine(fixture.Work, "file");
        await File.WriteAllBytesAsync(file, new byte[6 * Megabyte]);
        fixture.Master.Send(Pod(
            With(FakeMaster.Task("small", "sleep 1000", Fetches), "disk:4"), With(FakeMaster.Task("large", "sleep 1000"), "disk:100")));

        var failed = await fixture.Master.UpdateAsync("small", TaskState.TaskFailed);

        failed.Message.ShouldContain($"more than {4 * Megabyte} bytes, which is the task's disk");
        await fixture.Master.UpdateAsync("large", TaskState.TaskKilled);

        void Fetches(TaskInfo task) => task.Command.Uris.Add(new CommandInfo.Types.URI { Value = file });

        static MasterMessage Pod(params TaskInfo[] tasks) => new()
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = new ExecutorInfo { Type = ExecutorInfo.Types.Type.Default, ExecutorId = new ExecutorID { Value = "pod" } },
                TaskGroup = new TaskGroupInfo { Tasks = { tasks } },
            },
        };
    }

    private static Task<AgentFixture> StartAsync(bool enforce, string? resources = null) =>
        AgentFixture.StartWithContainersAsync(options => options with
        {
            Resources = resources,
            Limits = new LimitOptions { DiskWatchInterval = TimeSpan.FromMilliseconds(50), EnforceDiskQuota = enforce },
        });

    private static TaskInfo With(TaskInfo task, string resources)
    {
        task.Resources.AddRange(ResourceSet.Parse(resources).ToWire());
        return task;
    }

    /// <summary>The first statistics that know what the task has on disk.</summary>
    private static async Task<JsonElement> UsedAsync(AgentFixture fixture, string task)
    {
        var patience = Patience.Token();
        while (true)
        {
            patience.ThrowIfCancellationRequested();
            using var all = JsonDocument.Parse(await fixture.GetAsync("monitor/statistics"));
            var entry = all.RootElement.EnumerateArray().Single(entry => entry.GetProperty("executor_id").GetString() == task);
            if (entry.TryGetProperty("statistics", out var statistics) && statistics.TryGetProperty("disk_used_bytes", out _))
            {
                return statistics.Clone();
            }
        }
    }
}
