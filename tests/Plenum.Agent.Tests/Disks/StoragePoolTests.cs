using Plenum.Agent.Disks;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Disks;

/// <summary>Real disks of a real pool: file systems and devices in real containers (mesos.md 6.16).</summary>
public sealed class StoragePoolTests
{
    [RootFact("mkfs.ext4")]
    public async Task A_disk_has_its_size_and_no_more_and_its_data_outlives_task_and_agent_until_it_is_destroyed()
    {
        await using var fixture = await PoolFixture.StartAsync();
        var reserved = fixture.Raw(64).For("web");
        await fixture.MakeAsync((uuid, version) => Orders.Reserve(uuid, reserved).At(version));
        var disk = await fixture.MakeAsync((uuid, version) => Orders.CreateDisk(uuid, reserved, version));
        new System.IO.FileInfo(fixture.ImageOf(disk)).Length.ShouldBe(64L << 20);
        MountTable.Has(disk.Disk.Source.Mount.Root).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(disk.Disk.Source.Mount.Root).ShouldBeEmpty();

        // The file system is smaller than its disk, never larger: what is written beyond is refused.
        var volume = disk.WithVolume("db");
        await fixture.MakeAsync((uuid, version) => Orders.Create(uuid, volume).At(version));
        await fixture.RunAsync(
            "full", volume, "echo precious > data/kept && ! dd if=/dev/zero of=data/large bs=1M count=100 2> /dev/null && test $(stat -c %s data/large) -gt 40000000");
        File.Delete(Path.Combine(disk.Disk.Source.Mount.Root, "large"));

        await fixture.Agent.RestartAgentAsync();
        await fixture.RunAsync("reader", volume, "test \"$(cat data/kept)\" = precious");

        await fixture.MakeAsync((uuid, version) => Orders.Destroy(uuid, volume).At(version));
        Directory.EnumerateFileSystemEntries(disk.Disk.Source.Mount.Root).ShouldBeEmpty();
        await fixture.MakeAsync((uuid, version) => Orders.DestroyDisk(uuid, disk, version));
        MountTable.Has(disk.Disk.Source.Mount.Root).ShouldBeFalse();
        File.Exists(fixture.ImageOf(disk)).ShouldBeFalse();
    }

    [RootFact("mkfs.ext4")]
    public async Task After_a_reboot_disks_are_mounted_again_and_what_was_half_made_is_gone()
    {
        await using var fixture = await PoolFixture.StartAsync();
        var reserved = fixture.Raw(32).For("web");
        await fixture.MakeAsync((uuid, version) => Orders.Reserve(uuid, reserved).At(version));
        var disk = await fixture.MakeAsync((uuid, version) => Orders.CreateDisk(uuid, reserved, version));
        var volume = disk.WithVolume("db");
        await fixture.MakeAsync((uuid, version) => Orders.Create(uuid, volume).At(version));
        await fixture.RunAsync("writer", volume, "echo precious > data/kept");

        // As a machine leaves them that lost power: one unmounted, one formatted and not named yet, one whole and unknown.
        await fixture.Agent.Agent.DisposeAsync();
        await DiskTools.UnmountAsync(disk.Disk.Source.Mount.Root);
        var half = Path.Combine(fixture.Pool, "disks", "00ff.img.new");
        var unknown = Path.Combine(fixture.Pool, "disks", "00ee.img");
        await File.WriteAllTextAsync(half, "");
        await File.WriteAllTextAsync(unknown, "");
        await fixture.Agent.StartAgentAsync();

        File.Exists(half).ShouldBeFalse();
        File.Exists(unknown).ShouldBeFalse();
        await fixture.RunAsync("reader", volume, "test \"$(cat data/kept)\" = precious");
    }

    [RootFact]
    public async Task A_block_disk_is_a_device_in_the_container_and_zeros_when_its_volume_is_gone()
    {
        await using var fixture = await PoolFixture.StartAsync();
        var reserved = fixture.Raw(16).For("web");
        await fixture.MakeAsync((uuid, version) => Orders.Reserve(uuid, reserved).At(version));
        var disk = await fixture.MakeAsync((uuid, version) => Orders.CreateDisk(uuid, reserved, version, "bare", SourceType.Block));
        var volume = disk.WithVolume("db", "/dev/database");
        await fixture.MakeAsync((uuid, version) => Orders.Create(uuid, volume).At(version));
        await fixture.RunAsync(
            "writer", volume, "printf precious | dd of=/dev/database conv=fsync 2> /dev/null && test $(head -c 99999999 /dev/database | wc -c) = 16777216");
        await fixture.RunAsync("reader", volume, "test \"$(head -c 8 /dev/database)\" = precious");

        await fixture.MakeAsync((uuid, version) => Orders.Destroy(uuid, volume).At(version));
        await fixture.MakeAsync((uuid, version) => Orders.Create(uuid, volume).At(version));
        await fixture.RunAsync("zeros", volume, "test \"$(head -c 8 /dev/database | tr -d '\\000')\" = \"\"");
        await fixture.MakeAsync((uuid, version) => Orders.Destroy(uuid, volume).At(version));
        await fixture.MakeAsync((uuid, version) => Orders.DestroyDisk(uuid, disk, version));
        DiskTools.DeviceOf(fixture.ImageOf(disk)).ShouldBeNull();
    }

    [RootFact("mkfs.ext4")]
    public async Task A_pool_that_is_another_agents_is_neither_used_nor_cleaned()
    {
        await using var fixture = await PoolFixture.StartAsync();
        var disks = Directory.CreateDirectory(Path.Combine(fixture.Pool, "disks"));
        await File.WriteAllTextAsync(Path.Combine(fixture.Pool, "provider"), "somebody-else");
        var theirs = Path.Combine(disks.FullName, "theirs.img");
        await File.WriteAllTextAsync(theirs, "data");

        var status = await fixture.DoAsync((uuid, version) => Orders.CreateDisk(uuid, fixture.Raw(16), version));
        status.State.ShouldBe(OperationState.OperationFailed);
        status.Message.ShouldContain("belongs to the resource provider somebody-else");
        await fixture.Agent.RestartAgentAsync();
        File.Exists(theirs).ShouldBeTrue();
    }

    [RootFact("mkfs.ext4")]
    public async Task A_pool_that_promises_more_than_the_machine_has_fails_the_disk_and_not_the_machine()
    {
        await using var fixture = await PoolFixture.StartAsync(megabytes: 1e9);
        var status = await fixture.DoAsync((uuid, version) => Orders.CreateDisk(uuid, fixture.Raw(1e9), version));
        status.State.ShouldBe(OperationState.OperationFailed);
        status.Message.ShouldContain("MB free on this machine");
        Directory.EnumerateFileSystemEntries(Path.Combine(fixture.Pool, "disks")).ShouldBeEmpty();
    }
}
