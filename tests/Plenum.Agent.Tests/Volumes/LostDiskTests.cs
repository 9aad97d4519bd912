using System.Text.Json;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Volumes;

/// <summary>Disks that disappear under a real agent while it runs.</summary>
public sealed class LostDiskTests
{
    [RootFact]
    public async Task A_disk_that_is_unmounted_is_reported_written_to_by_nobody_and_as_it_was_when_it_is_back()
    {
        var kept = Directory.CreateTempSubdirectory("plenum-kept-").FullName;
        var disk = Directory.CreateTempSubdirectory("plenum-disk-").FullName;
        await Tool.RunAsync("mount", "--bind", kept, disk);
        try
        {
            await using var fixture = await StartAsync(disk, SourceType.Mount);
            var volume = await WrittenAsync(fixture, disk, SourceType.Mount);
            File.Exists(Path.Combine(kept, "file")).ShouldBeTrue();

            await Tool.RunAsync("umount", disk);
            await MissingAsync(fixture, 1);
            (await FailedAsync(fixture, "second", volume)).ShouldContain("not mounted");
            fixture.Master.Send(Orders.Destroy(7, volume));
            (await OutcomeAsync(fixture, "op-7")).ShouldBe(OperationState.OperationFailed);
            Directory.EnumerateFileSystemEntries(disk).ShouldBeEmpty();

            await Tool.RunAsync("mount", "--bind", kept, disk);
            await MissingAsync(fixture, 0);
            fixture.Master.Run(On(FakeMaster.Task("third", "test \"$(cat data/file)\" = precious"), volume));
            await fixture.Master.UpdateAsync("third", TaskState.TaskFinished);
        }
        finally
        {
            if (Agent.Volumes.MountTable.Has(disk))
            {
                await Tool.RunAsync("umount", disk);
            }

            Directory.Delete(disk, recursive: true);
            Directory.Delete(kept, recursive: true);
        }
    }

    [RootFact]
    public async Task A_path_disk_whose_directory_goes_is_reported_and_never_made_again()
    {
        var disk = Directory.CreateTempSubdirectory("plenum-disk-").FullName;
        var away = disk + "-away";
        try
        {
            await using var fixture = await StartAsync(disk, SourceType.Path);
            var volume = await WrittenAsync(fixture, disk, SourceType.Path);

            Directory.Move(disk, away);
            await MissingAsync(fixture, 1);
            (await FailedAsync(fixture, "second", volume)).ShouldContain("is missing");
            Directory.Exists(disk).ShouldBeFalse();

            Directory.Move(away, disk);
            await MissingAsync(fixture, 0);
            fixture.Master.Run(On(FakeMaster.Task("third", "test \"$(cat data/file)\" = precious"), volume));
            await fixture.Master.UpdateAsync("third", TaskState.TaskFinished);
        }
        finally
        {
            foreach (var left in (string[])[disk, away])
            {
                if (Directory.Exists(left))
                {
                    Directory.Delete(left, recursive: true);
                }
            }
        }
    }

    private static Task<AgentFixture> StartAsync(string disk, SourceType type) =>
        AgentFixture.StartWithContainersAsync(options => options with
        {
            VolumeWatchInterval = TimeSpan.FromMilliseconds(20),
            Resources = $$"""
                [{"name":"disk","type":"SCALAR","scalar":{"value":60},"disk":{"source":{"type":"{{type.ToString().ToUpperInvariant()}}","{{type.ToString().ToLowerInvariant()}}":{"root":"{{disk}}"} } } },
                 {"name":"disk","type":"SCALAR","scalar":{"value":1000} }]
                """,
        });

    /// <summary>A volume of the whole disk, with a file in it.</summary>
    private static async Task<Resource> WrittenAsync(AgentFixture fixture, string disk, SourceType type)
    {
        var reserved = Orders.Reserved("disk:60");
        reserved.Disk = new Resource.Types.DiskInfo();
        var volume = Orders.Volume("db", 60).On(type, disk);
        fixture.Master.Send(Orders.Reserve(1, reserved.On(type, disk)));
        fixture.Master.Send(Orders.Create(2, volume));
        fixture.Master.Run(On(FakeMaster.Task("first", "echo precious > data/file && sync"), volume));
        await fixture.Master.UpdateAsync("first", TaskState.TaskFinished);
        return volume;
    }

    private static TaskInfo On(TaskInfo task, Resource volume)
    {
        task.Resources.Add(volume);
        return task;
    }

    private static async Task<string> FailedAsync(AgentFixture fixture, string task, Resource volume)
    {
        fixture.Master.Run(On(FakeMaster.Task(task, "echo new > data/file"), volume));
        return (await fixture.Master.UpdateAsync(task, TaskState.TaskFailed)).Message;
    }

    private static async Task<OperationState> OutcomeAsync(AgentFixture fixture, string operation)
    {
        while (true)
        {
            if ((await fixture.Master.ReceiveAsync()).OperationUpdate is { Status: var status } && status.OperationId.Value == operation)
            {
                return status.State;
            }
        }
    }

    private static async Task MissingAsync(AgentFixture fixture, int count)
    {
        var patience = Patience.Token();
        while (true)
        {
            patience.ThrowIfCancellationRequested();
            using var metrics = JsonDocument.Parse(await fixture.GetAsync("metrics/snapshot"));
            if (metrics.RootElement.GetProperty("plenum/persistent_volumes_missing").GetDouble() == count)
            {
                return;
            }
        }
    }
}
