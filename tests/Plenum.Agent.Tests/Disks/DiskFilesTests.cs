using Plenum.Agent.Book.Providers;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Disks;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Tests.Disks;

/// <summary>Disks that cannot be made, or are made by an agent that died in the middle.</summary>
public sealed class DiskFilesTests
{
    [RootFact("mkfs.ext4")]
    public async Task What_the_machine_has_no_room_for_is_not_begun_and_the_reserve_stays_free()
    {
        await using var machine = await PoolMachine.StartAsync();
        var free = new DriveInfo(machine.Pool).AvailableFreeSpace;
        var tooLarge = await Should.ThrowAsync<DiskException>(() => DiskFiles.MakeAsync(machine.Order("large", 1000), reserve: 0));
        tooLarge.Message.ShouldContain("MB free on this machine");
        var intoReserve = await Should.ThrowAsync<DiskException>(() => DiskFiles.MakeAsync(machine.Order("large"), reserve: free - (4 << 20)));
        intoReserve.Message.ShouldContain("stay free");
        Directory.EnumerateFileSystemEntries(machine.Disks).ShouldBeEmpty();
    }

    [RootFact("mkfs.ext4")]
    public async Task Room_that_another_program_took_meanwhile_fails_the_disk_and_what_it_had_got_is_free_again()
    {
        await using var machine = await PoolMachine.StartAsync();
        Directory.CreateDirectory(machine.Disks);
        var free = new DriveInfo(machine.Pool).AvailableFreeSpace;

        // A reserve below nothing lets the look before pass, as if the room had been there at that moment.
        var full = await Should.ThrowAsync<DiskException>(() => DiskFiles.MakeAsync(machine.Order("large", 1000), reserve: -(1L << 40)));
        full.Message.ShouldContain("fallocate failed");
        Directory.EnumerateFileSystemEntries(machine.Disks).ShouldBeEmpty();
        DirectorySync.Flush(machine.Disks);
        new DriveInfo(machine.Pool).AvailableFreeSpace.ShouldBeGreaterThan(free - (1 << 20));
        await DiskFiles.MakeAsync(machine.Order("small"), reserve: 0);
    }

    [RootFact("mkfs.ext4")]
    public async Task A_disk_that_cannot_be_formatted_or_mounted_leaves_nothing()
    {
        await using var machine = await PoolMachine.StartAsync();
        var tiny = machine.Order("tiny") with { Bytes = 4096 };
        (await Should.ThrowAsync<DiskException>(() => DiskFiles.MakeAsync(tiny, reserve: 0))).Message.ShouldContain("mkfs.ext4 failed");
        Directory.EnumerateFileSystemEntries(machine.Disks).ShouldBeEmpty();

        var mounts = Path.Combine(machine.Pool, "mounts");
        await File.WriteAllTextAsync(mounts, "in the way");
        await Should.ThrowAsync<IOException>(() => DiskFiles.MakeAsync(machine.Order("whole"), reserve: 0));
        Directory.EnumerateFileSystemEntries(machine.Disks).ShouldBeEmpty();
    }

    [RootFact("mkfs.ext4")]
    public async Task A_disk_that_was_whole_but_not_mounted_when_the_agent_died_is_finished_empty()
    {
        await using var machine = await PoolMachine.StartAsync();
        var disk = machine.Order("whole");
        Directory.CreateDirectory(machine.Disks);
        await DiskTools.AllocateAsync(DiskFiles.ImageOf(disk), disk.Bytes);
        await DiskTools.FormatAsync(DiskFiles.ImageOf(disk), disk.Kind);
        await File.WriteAllTextAsync(Path.Combine(machine.Pool, "provider"), disk.Provider);

        await DiskFiles.MakeAsync(disk, reserve: 0);
        MountTable.Has(disk.MountPoint).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(disk.MountPoint).ShouldBeEmpty("databases refuse a directory with lost+found");
    }

    [RootFact("mkfs.ext4")]
    public async Task A_pool_by_way_of_a_link_mounts_and_attaches_once_and_takes_everything_away_again()
    {
        await using var machine = await PoolMachine.StartAsync();
        var link = machine.Link();
        var mounted = machine.Order("mounted") with { Pool = link };
        var block = machine.Order("block", kind: DiskKind.Block) with { Pool = link };
        foreach (var disk in new[] { mounted, block })
        {
            await DiskFiles.MakeAsync(disk, reserve: 0);
            await DiskFiles.BringBackAsync(disk);
        }

        MountTable.Has(mounted.MountPoint).ShouldBeTrue();
        MountTable.Has(Path.Combine(machine.Pool, "mounts", "mounted")).ShouldBeTrue();
        var device = DiskTools.DeviceOf(DiskFiles.ImageOf(block)).ShouldNotBeNull();
        DiskTools.DeviceOf(Path.Combine(machine.Disks, "block.img")).ShouldBe(device);

        await DiskFiles.RemoveAsync(mounted);
        await DiskFiles.PutAwayAsync(block);
        DiskTools.DeviceOf(DiskFiles.ImageOf(block)).ShouldBeNull("it was attached once only");
        await DiskFiles.RemoveAsync(block);
        Directory.EnumerateFileSystemEntries(machine.Disks).ShouldBeEmpty();
    }

    [RootFact("mkfs.ext4")]
    public async Task An_empty_pool_passes_to_the_next_provider_and_one_with_a_disk_does_not()
    {
        await using var machine = await PoolMachine.StartAsync();
        await DiskFiles.MakeAsync(machine.Order("one", provider: "first"), reserve: 0);
        (await Should.ThrowAsync<DiskException>(() => DiskFiles.MakeAsync(machine.Order("two", provider: "second"), reserve: 0)))
            .Message.ShouldContain("belongs to the resource provider first");
        Directory.GetFiles(machine.Disks).ShouldBe([Path.Combine(machine.Disks, "one.img")]);

        await DiskFiles.RemoveAsync(machine.Order("one", provider: "first"));
        await DiskFiles.MakeAsync(machine.Order("two", provider: "second"), reserve: 0);
        await Should.ThrowAsync<DiskException>(() => DiskFiles.MakeAsync(machine.Order("three", provider: "first"), reserve: 0));
    }
}
