using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using DiskInfo = Plenum.Protocol.V1.Resource.Types.DiskInfo;
using DiskSourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using ReservationInfo = Plenum.Protocol.V1.Resource.Types.ReservationInfo;

namespace Plenum.Protocol.Tests.Resources;

public sealed class ResourceSetShould
{
    [Theory]
    [InlineData(0.1, 100)]
    [InlineData(0.0005, 1)]
    [InlineData(0.0014, 1)]
    [InlineData(1e-4, 0)]
    [InlineData(999_999_999.999, 999_999_999_999)]
    public void Round_scalars_to_thousandths(double value, long millis) =>
        ResourceSet.FromWire([ResourceSetProperties.Scalar("cpus", value)]).Millis("cpus").ShouldBe(millis);

    [Fact]
    public void Not_let_a_task_of_a_tenth_overrun_three_tenths()
    {
        var pool = ResourceSet.Parse("cpus:0.3");
        var tenth = ResourceSet.Parse("cpus:0.1");
        (pool - tenth - tenth).Contains(tenth).ShouldBeTrue();
        (pool - tenth - tenth - tenth).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Read_the_text_form_of_agent_flags()
    {
        var set = ResourceSet.Parse("cpus:4; mem(web):1024;ports:[31000-31005,31006-31010, 32000-32000];zones:{b,a}");
        set.Millis("cpus").ShouldBe(4_000);
        set.ReservedTo("web").Scalar("mem").ShouldBe(1024);
        set.Ports.ToString().ShouldBe("[31000-31010, 32000-32000]");
        set.Ports.Count.ShouldBe(12UL);
        set.Quantities["zones"].ShouldBe(2_000);
        ResourceSet.Parse("cpus:1", defaultRole: "batch").ReservedRoles.ShouldBe(["batch"]);
    }

    [Theory]
    [InlineData("cpus")]
    [InlineData(":4")]
    [InlineData("cpus:four")]
    [InlineData("cpus:-1")]
    [InlineData("cpus:NaN")]
    [InlineData("cpus:0.0001")]
    [InlineData("ports:[5-1]")]
    [InlineData("ports:[1-5,3-9]")]
    [InlineData("ports:[x-5]")]
    [InlineData("zones:{a,a}")]
    [InlineData("mem(web:4")]
    [InlineData("mem(-web):4")]
    public void Refuse_text_that_makes_no_sense(string text) =>
        Should.Throw<FormatException>(() => ResourceSet.Parse(text)).Message.ShouldNotBeEmpty();

    [Fact]
    public void Normalise_the_older_format_to_a_stack()
    {
        var resource = ResourceSetProperties.Scalar("mem", 64);
        resource.Role = "web";
        resource.Reservation = new ReservationInfo { Principal = "ops" };
        var read = ResourceSet.FromWire([resource]).ToWire().ShouldHaveSingleItem();
        read.HasRole.ShouldBeFalse();
        read.Reservation.ShouldBeNull();
        var level = read.Reservations.ShouldHaveSingleItem();
        level.Type.ShouldBe(ReservationInfo.Types.Type.Dynamic);
        level.Role.ShouldBe("web");
        level.Principal.ShouldBe("ops");
    }

    [Fact]
    public void Write_the_older_format_with_its_type_and_role_outside_the_reservation()
    {
        var read = Reserved("web", principal: "ops").ToWire(ReservationFormat.PreRefinement).ShouldHaveSingleItem();
        read.Role.ShouldBe("web");
        read.Reservation.Principal.ShouldBe("ops");
        read.Reservation.HasType.ShouldBeFalse();
        read.Reservation.HasRole.ShouldBeFalse();
        ResourceSet.Parse("cpus:1").ToWire(ReservationFormat.PreRefinement)[0].Role.ShouldBe("*");
        ResourceSet.Parse("cpus(web):1").ToWire(ReservationFormat.PreRefinement)[0].Reservation.ShouldBeNull();
    }

    [Fact]
    public void Keep_refined_reservations_out_of_the_older_format()
    {
        var resource = Reserved("web").ToWire()[0];
        resource.Reservations.Add(new ReservationInfo { Type = ReservationInfo.Types.Type.Dynamic, Role = "web/shop" });
        var set = ResourceSet.FromWire([resource]) + ResourceSet.Parse("cpus:1");
        set.WithoutRefined.ShouldBe(ResourceSet.Parse("cpus:1"));
        set.ReservedTo("web/shop").Entries.Length.ShouldBe(1);
        set.ReservedTo("web").IsEmpty.ShouldBeTrue("the effective role is the last one's");
        Should.Throw<InvalidOperationException>(() => set.ToWire(ReservationFormat.PreRefinement));
    }

    [Fact]
    public void Refuse_both_formats_in_one_resource()
    {
        var resource = Reserved("web").ToWire()[0];
        resource.Role = "web";
        ResourceSet.Validate([resource]).ShouldNotBeNull();
        Should.Throw<FormatException>(() => ResourceSet.FromWire([resource]));
    }

    [Fact]
    public void Tell_reservations_apart_by_principal_and_labels_but_not_by_label_order()
    {
        var ops = Reserved("web", "ops");
        var dev = Reserved("web", "dev");
        (ops + dev).Entries.Length.ShouldBe(2);
        ops.Contains(dev).ShouldBeFalse();
        Labelled("a", "b").ShouldBe(Labelled("b", "a"));
        Labelled("a", "b").ShouldNotBe(Labelled("a", "c"));
    }

    [Fact]
    public void Never_merge_persistent_volumes_and_contain_them_only_whole()
    {
        var volume = Volume("data", 100);
        var disk = ResourceSet.Parse("disk(web):100");
        (disk + volume).Contains(disk).ShouldBeTrue();
        volume.Contains(disk).ShouldBeFalse();
        (volume + volume).Entries.Length.ShouldBe(2);
        volume.Contains(volume + volume).ShouldBeFalse();
        volume.Contains(Volume("data", 50)).ShouldBeFalse("half a volume is another volume");
        (volume - Volume("data", 50)).ShouldBe(volume);
        (volume + volume - volume).ShouldBe(volume);
        (volume + Volume("logs", 100) - volume).ShouldBe(Volume("logs", 100));
    }

    [Theory]
    [InlineData(DiskSourceType.Mount, true)]
    [InlineData(DiskSourceType.Block, true)]
    [InlineData(DiskSourceType.Raw, true)]
    [InlineData(DiskSourceType.Path, false)]
    public void Treat_whole_disks_as_indivisible(DiskSourceType type, bool isIndivisible)
    {
        var disk = Disk(type, 100);
        (disk + disk).Entries.Length.ShouldBe(isIndivisible ? 2 : 1);
        disk.Contains(Disk(type, 40)).ShouldBe(!isIndivisible);
    }

    [Fact]
    public void Leave_the_mount_point_out_of_identity_but_hand_it_on()
    {
        var plain = Volume("data", 100, mount: "data");
        var remounted = Volume("data", 100, mount: "elsewhere");
        plain.ShouldBe(remounted);
        plain.Contains(remounted).ShouldBeTrue();
        (plain - remounted).IsEmpty.ShouldBeTrue();
        remounted.ToWire()[0].Disk.Volume.ContainerPath.ShouldBe("elsewhere");
    }

    [Fact]
    public void Count_the_uses_of_a_shared_volume()
    {
        var shared = Volume("data", 100, isShared: true);
        var twice = shared + shared;
        twice.Entries.Length.ShouldBe(1);
        twice.Quantities["disk"].ShouldBe(100_000, "the pool holds one copy");
        twice.ToWire().Count.ShouldBe(2);
        ResourceSet.FromWire(twice.ToWire()).ShouldBe(twice);
        shared.Contains(twice).ShouldBeFalse();
        (twice - shared).ShouldBe(shared);
        (shared - shared).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Keep_revocable_resources_apart()
    {
        var revocable = ResourceSetProperties.Scalar("cpus", 2);
        revocable.Revocable = new Resource.Types.RevocableInfo();
        var set = ResourceSet.FromWire([revocable]) + ResourceSet.Parse("cpus:1");
        set.Millis("cpus").ShouldBe(3_000);
        set.NonRevocable.ShouldBe(ResourceSet.Parse("cpus:1"));
        set.Contains(ResourceSet.Parse("cpus:2")).ShouldBeFalse();
    }

    [Fact]
    public void Carry_out_reserve_create_destroy_and_unreserve_as_a_circle()
    {
        var pool = ResourceSet.Parse("disk:500;cpus:4").AllocatedTo("web");
        var reserved = ResourceSet.FromWire(Reserved("web", "ops", "disk", 100).AllocatedTo("web").ToWire());
        var volume = VolumeOn(reserved, "data");

        var afterReserve = ResourceConversion.Reserve(reserved).ApplyTo(pool).ShouldNotBeNull();
        afterReserve.Unreserved.Scalar("disk").ShouldBe(400);
        var afterCreate = ResourceConversion.Create(volume).ApplyTo(afterReserve).ShouldNotBeNull();
        afterCreate.PersistentVolumes.ShouldBe(volume);
        afterCreate.NeedingCheckpoint.ShouldBe(volume);
        ResourceConversion.Create(volume).ApplyTo(afterCreate).ShouldBeNull("its disk is used up");
        ResourceConversion.Unreserve(reserved).ApplyTo(afterCreate).ShouldBeNull("a volume lives on it");
        ResourceConversion.Destroy(volume).ApplyTo(afterCreate).ShouldBe(afterReserve);
        ResourceConversion.Unreserve(reserved).ApplyTo(afterReserve).ShouldBe(pool);
    }

    [Fact]
    public void Add_up_quantities_over_reservations_and_never_below_zero()
    {
        var quantities = ResourceSet.Parse("cpus:1;cpus(web):2;ports:[1-10]").Quantities;
        quantities["cpus"].ShouldBe(3_000);
        quantities["ports"].ShouldBe(10_000);
        quantities["gpus"].ShouldBe(0);
        var less = ResourceSet.Parse("cpus:5;mem:1").Quantities;
        (quantities - less)["cpus"].ShouldBe(0);
        (quantities - less)["mem"].ShouldBe(0);
        (quantities + less)["cpus"].ShouldBe(8_000);
        quantities.Contains(less).ShouldBeFalse();
        (quantities + less).Contains(less).ShouldBeTrue();
    }

    [Fact]
    public void Make_nothing_for_a_filter_that_keeps_nothing_or_all()
    {
        var set = ResourceSet.Parse("cpus:4;mem:1024;disk:4096;ports:[31000-32000]");
        Filter();
        const int Rounds = 1_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            Filter();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(Rounds, "not one byte each");

        void Filter()
        {
            _ = set.Shared;
            _ = set.Unreserved;
        }
    }

    private static ResourceSet Reserved(string role, string? principal = null, string name = "mem", double amount = 64)
    {
        var resource = ResourceSetProperties.Scalar(name, amount);
        resource.Reservations.Add(new ReservationInfo { Type = ReservationInfo.Types.Type.Dynamic, Role = role });
        if (principal is not null)
        {
            resource.Reservations[0].Principal = principal;
        }

        return ResourceSet.FromWire([resource]);
    }

    private static ResourceSet Labelled(params string[] keys)
    {
        var resource = Reserved("web").ToWire()[0];
        resource.Reservations[0].Labels = new Labels { Labels_ = { keys.Select(k => new Label { Key = k }) } };
        return ResourceSet.FromWire([resource]);
    }

    private static ResourceSet Disk(DiskSourceType type, double size)
    {
        var resource = ResourceSetProperties.Scalar("disk", size);
        resource.Disk = new DiskInfo { Source = new DiskInfo.Types.Source { Type = type } };
        if (type == DiskSourceType.Raw)
        {
            resource.Disk.Source.Id = "raw-1";
        }

        return ResourceSet.FromWire([resource]);
    }

    private static ResourceSet Volume(string id, double size, string mount = "data", bool isShared = false)
    {
        var resource = VolumeOn(Reserved("web", null, "disk", size), id, mount).ToWire()[0];
        resource.Shared = isShared ? new Resource.Types.SharedInfo() : null;
        return ResourceSet.FromWire([resource]);
    }

    private static ResourceSet VolumeOn(ResourceSet disk, string id, string mount = "data")
    {
        var resource = disk.ToWire()[0];
        resource.Disk = new DiskInfo
        {
            Persistence = new DiskInfo.Types.Persistence { Id = id },
            Volume = new Volume { ContainerPath = mount, Mode = V1.Volume.Types.Mode.Rw },
        };
        return ResourceSet.FromWire([resource]);
    }
}
