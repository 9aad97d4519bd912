using Plenum.Kernel.Tests.Operations;
using Plenum.Kernel.Validation;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Create = Plenum.Protocol.V1.Offer.Types.Operation.Types.CreateDisk;
using Destroy = Plenum.Protocol.V1.Offer.Types.Operation.Types.DestroyDisk;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Kernel.Tests.Validation;

public sealed class DiskValidationShould
{
    public static TheoryData<string, Action<Create>, string> CreateBreakages => new()
    {
        { "no provider", c => c.Source.ProviderId = null, "not managed by a resource provider" },
        { "no disk", c => c.Source.Disk = null, "not a disk" },
        { "a disk already", c => c.Source.Disk.Source.Type = SourceType.Mount, "not a RAW" },
        { "target RAW", c => c.TargetType = SourceType.Raw, "neither MOUNT nor BLOCK" },
        { "target PATH", c => c.TargetType = SourceType.Path, "neither MOUNT nor BLOCK" },
        { "no profile at all", c => c.ClearTargetProfile(), "'target_profile' must be set" },
        { "two profiles", c => c.Source.Disk.Source.Profile = "slow", "'target_profile' must not be set" },
        { "revocable", c => c.Source.Revocable = new Resource.Types.RevocableInfo(), "revocable" },
        { "negative", c => c.Source.Scalar.Value = -1, "'source' is invalid" },
    };

    [Theory]
    [MemberData(nameof(CreateBreakages))]
    public void Name_the_rule_that_a_create_disk_breaks(string what, Action<Create> breakIt, string word)
    {
        var create = new Create { Source = Op.Raw(100), TargetType = SourceType.Block, TargetProfile = "fast" };
        DiskValidation.Create(create).ShouldBeNull();
        breakIt(create);
        DiskValidation.Create(create).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Take_the_profile_of_the_source_where_it_has_one()
    {
        var create = new Create { Source = Op.Raw(100), TargetType = SourceType.Mount };
        create.Source.Disk.Source.Profile = "fast";
        DiskValidation.Create(create).ShouldBeNull();
    }

    [Fact]
    public void Destroy_whole_disks_only_and_none_with_a_volume_on_it()
    {
        DiskValidation.Destroy(new Destroy { Source = Op.Raw(100).AsDisk("d", SourceType.Mount) }).ShouldBeNull();
        DiskValidation.Destroy(new Destroy { Source = Op.Raw(100).AsDisk("d", SourceType.Block) }).ShouldBeNull();
        DiskValidation.Destroy(new Destroy { Source = Op.Raw(100).AsDisk("d", SourceType.Raw) }).ShouldBeNull();
        DiskValidation.Destroy(new Destroy { Source = Op.Raw(100) }).ShouldNotBeNull().ShouldContain("neither a MOUNT");
        var own = ResourceSet.Parse("disk:100").ToWire()[0].Clone().OnMount("/data");
        DiskValidation.Destroy(new Destroy { Source = own }).ShouldNotBeNull().ShouldContain("resource provider");

        var volume = Op.Volume("v", 100);
        volume.ProviderId = new ResourceProviderID { Value = "rp" };
        volume.Disk.Source = Op.Raw(100).AsDisk("d").Disk.Source;
        DiskValidation.Destroy(new Destroy { Source = volume }).ShouldNotBeNull().ShouldContain("persistent volume");
    }
}
