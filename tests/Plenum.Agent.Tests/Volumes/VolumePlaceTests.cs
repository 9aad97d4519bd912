using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Volumes;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Volumes;

public sealed class VolumePlaceTests
{
    [Fact]
    public void A_volume_lies_below_the_work_directory_its_path_disk_or_is_the_mount()
    {
        PathOf(Orders.Volume("v", role: "eng/web")).ShouldBe("/srv/agent/volumes/roles/eng web/v");
        PathOf(Orders.Volume("v").On(SourceType.Path, "/disks/a")).ShouldBe("/disks/a/volumes/roles/web/v");
        PathOf(Orders.Volume("v").On(SourceType.Path, "disks/a")).ShouldBe("/srv/agent/disks/a/volumes/roles/web/v");
        PathOf(Orders.Volume("v").On(SourceType.Mount, "/mnt/b/")).ShouldBe("/mnt/b");
        VolumePlace.Of("/srv/agent", Orders.Volume("v").On(SourceType.Raw, "/x")).ShouldBeNull();
    }

    [Fact]
    public void A_mount_that_is_only_a_directory_is_a_disk_that_is_not_there()
    {
        var directory = Directory.CreateTempSubdirectory("plenum-disk-");
        try
        {
            VolumePlace.Of("/srv/agent", Orders.Volume("v").On(SourceType.Mount, directory.FullName))!.Problem().ShouldNotBeNull().ShouldContain("not mounted");
            VolumePlace.Of("/srv/agent", Orders.Volume("v").On(SourceType.Mount, "/proc"))!.Problem().ShouldBeNull();
            var link = Path.Combine(directory.FullName, "link");
            Directory.CreateSymbolicLink(link, "/proc");
            VolumePlace.Of("/srv/agent", Orders.Volume("v").On(SourceType.Mount, link))!.Problem().ShouldBeNull("it leads to a mount");
            VolumePlace.Of("/srv/agent", Orders.Volume("v").On(SourceType.Path, directory.FullName))!.DiskProblem().ShouldBeNull();
            VolumePlace.Of("/srv/agent", Orders.Volume("v").On(SourceType.Path, directory.FullName + "/none"))!.Problem().ShouldNotBeNull().ShouldContain("is missing");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_a_killed_agent_had_removed_from_a_disk_and_not_deleted_goes_at_the_next_start()
    {
        var directory = Directory.CreateTempSubdirectory("plenum-disk-");
        try
        {
            var disk = Orders.Volume("v").On(SourceType.Path, directory.FullName);
            Directory.CreateDirectory(Path.Join(directory.FullName, "volumes", "removed", "half"));
            var kept = Directory.CreateDirectory(Path.Join(directory.FullName, "volumes", "roles", "web", "other")).FullName;
            var store = new VolumeStore(Path.Join(directory.FullName, "work"), null!, null!, NullLogger.Instance);
            store.CleanDisks([disk]);
            await store.DisposeAsync();

            Directory.Exists(Path.Join(directory.FullName, "volumes", "removed")).ShouldBeFalse();
            Directory.Exists(kept).ShouldBeTrue();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Of_volumes_one_below_the_other_a_path_is_in_the_inner_one()
    {
        var directory = Directory.CreateTempSubdirectory("plenum-room-").FullName;
        try
        {
            var outer = Directory.CreateDirectory(Path.Join(directory, "outer")).FullName;
            var inner = Directory.CreateDirectory(Path.Join(directory, "inner")).FullName;
            var room = new SandboxRoom(
                Directory.CreateDirectory(Path.Join(directory, "sandbox")).FullName,
                [new ContainerMount(outer, "data", false), new ContainerMount(inner, "data/logs", false)]);

            room.Find("data/logs/x").Path.ShouldBe(Path.Join(inner, "x"));
            room.Find("data/x").Path.ShouldBe(Path.Join(outer, "x"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string PathOf(Protocol.V1.Resource volume) => VolumePlace.Of("/srv/agent", volume)!.Path;
}
