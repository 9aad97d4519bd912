using Plenum.Agent.Volumes;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

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

    private static string PathOf(Protocol.V1.Resource volume) => VolumePlace.Of("/srv/agent", volume)!.Path;
}
