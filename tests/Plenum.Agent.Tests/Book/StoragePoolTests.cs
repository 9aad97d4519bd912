using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Tests.Book;

/// <summary>The agent's own storage pools in its book: what is made of them, and what survives which crash.</summary>
public sealed class StoragePoolTests
{
    private readonly BookWorld _world = new() { Pools = [Pools.Config()], Profiles = Pools.Profiles };
    private readonly string _provider;
    private readonly ByteString _version;

    public StoragePoolTests()
    {
        _world.Start();
        var told = _world.Registration().ResourceProviders.Single();
        (_provider, _version) = (told.Info.Id.Value, told.ResourceVersion);
        _world.Register();
    }

    [Fact]
    public void A_pool_is_room_of_its_size_and_keeps_its_id()
    {
        Told().ShouldBe(Set(Raw(1000)));
        _world.Restart();
        var again = _world.Registration().ResourceProviders.Single();
        again.Info.Id.Value.ShouldBe(_provider);
        again.ResourceVersion.ShouldBe(_version, "an operation decided on what it had is still right");
        ResourceSet.FromWire(again.TotalResources).ShouldBe(Set(Raw(1000)));
    }

    [Fact]
    public void A_disk_counts_when_it_is_made_and_in_the_same_record_as_its_outcome()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var order = Made();
        order.Bytes.ShouldBe(300L << 20);
        order.Kind.ShouldBe(DiskKind.Ext4);
        order.MountPoint.ShouldBe($"/pool/mounts/{order.Id}");
        Told().ShouldBe(Set(Raw(1000)));

        var disk = Finish(1);
        disk.Disk.Source.ShouldSatisfyAllConditions(
            source => source.Type.ShouldBe(SourceType.Mount),
            source => source.Id.ShouldBe(order.Id),
            source => source.Profile.ShouldBe("fast"),
            source => source.Mount.Root.ShouldBe(order.MountPoint));
        Told().ShouldBe(Set(Raw(700), disk));
        _world.Restart();
        var report = _world.Registration();
        ResourceSet.FromWire(report.ResourceProviders.Single().TotalResources).ShouldBe(Set(Raw(700), disk));
        report.Operations.Single().LatestStatus.State.ShouldBe(OperationState.OperationFinished);
        _world.Effects.OfType<AgentEffect.MakeDisk>().ShouldBeEmpty();
    }

    [Fact]
    public void A_crash_while_a_disk_is_made_makes_the_same_disk_again()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var order = Made();
        _world.Restart();
        Made().ShouldBe(order);
        _world.Registration().Operations.Single().LatestStatus.State.ShouldBe(OperationState.OperationPending);
        ResourceSet.FromWire(_world.Registration().ResourceProviders.Single().TotalResources).ShouldBe(Set(Raw(1000)));
        BookRecoveryPools().Single().UnderWay.ShouldBe([order.Id]);
    }

    [Fact]
    public void A_disk_that_could_not_be_made_leaves_its_room()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(1), "the machine's disk is full"));
        var status = Update();
        status.State.ShouldBe(OperationState.OperationFailed);
        status.Message.ShouldBe("the machine's disk is full");
        Told().ShouldBe(Set(Raw(1000)));
    }

    [Fact]
    public void Two_disks_are_not_made_of_the_same_room()
    {
        _world.Master(Orders.CreateDisk(1, Raw(600), _version));
        _world.Master(Orders.CreateDisk(2, Raw(600), _version));
        Update().State.ShouldBe(OperationState.OperationDropped);
        _world.Effects.OfType<AgentEffect.MakeDisk>().ShouldBeEmpty();
    }

    [Fact]
    public void An_operation_decided_on_other_resources_than_there_are_is_dropped()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), ByteString.CopyFromUtf8("older")));
        Update().State.ShouldBe(OperationState.OperationDropped);
        Update().ResourceProviderId.Value.ShouldBe(_provider);
    }

    [Theory]
    [InlineData("unknown", SourceType.Mount, "knows no disk profile")]
    [InlineData("elsewhere", SourceType.Mount, "knows no disk profile")]
    [InlineData("bare", SourceType.Mount, "BLOCK disks only")]
    [InlineData("fast", SourceType.Block, "MOUNT disks only")]
    public void A_profile_says_what_it_makes(string profile, SourceType target, string why)
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version, profile, target));
        Update().State.ShouldBe(OperationState.OperationFailed);
        Update().Message.ShouldContain(why);
    }

    [Fact]
    public void Reserved_room_becomes_a_reserved_disk_a_volume_and_room_again()
    {
        var reserved = Raw(200).For("web");
        _world.Master(Orders.Reserve(1, reserved).At(_version));
        Update().State.ShouldBe(OperationState.OperationFinished);
        _world.Master(Orders.CreateDisk(2, reserved, _version));
        var disk = Finish(2);
        disk.Reservations.Single().Role.ShouldBe("web");

        var volume = disk.WithVolume("db");
        _world.Master(Orders.Create(3, volume).At(_version));
        _world.Effects.OfType<AgentEffect.MakeVolumes>().ShouldHaveSingleItem();
        Finish(3);
        Told().ShouldBe(Set(Raw(800), volume));

        _world.Master(Orders.DestroyDisk(4, disk, _version));
        Update().State.ShouldBe(OperationState.OperationDropped, "there is a volume on it");
        _world.Master(Orders.Destroy(5, volume).At(_version));
        Finish(5);
        _world.Master(Orders.DestroyDisk(6, disk, _version));
        _world.Effects.OfType<AgentEffect.RemoveDisk>().Single().Disk.Id.ShouldBe(disk.Disk.Source.Id);
        Finish(6);
        Told().ShouldBe(Set(Raw(800), reserved));
    }

    [Fact]
    public void A_volume_needs_a_disk()
    {
        var reserved = Raw(200).For("web");
        _world.Master(Orders.Reserve(1, reserved).At(_version));
        _world.Master(Orders.Create(2, reserved.WithVolume("db")).At(_version));
        Update().State.ShouldBe(OperationState.OperationFailed);
        Update().Message.ShouldContain("CREATE_DISK");
    }

    [Fact]
    public void A_pool_grows_and_shrinks_around_what_is_taken_of_it_and_the_master_hears()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var disk = Finish(1);
        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config(megabytes: 2000)], Pools.Profiles));
        var told = _world.Sent().Single().UpdateAgent.ResourceProviders.Single();
        ResourceSet.FromWire(told.TotalResources).ShouldBe(Set(Raw(1700), disk));
        told.ResourceVersion.ShouldNotBe(_version);

        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config(megabytes: 100)], Pools.Profiles));
        Told().ShouldBe(Set(disk));
    }

    [Fact]
    public void A_pool_that_is_not_configured_any_more_offers_nothing_and_forgets_no_disk()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var disk = Finish(1);
        _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        Told().ShouldBe(ResourceSet.Empty);
        _world.Pools = [];
        _world.Restart();
        BookRecoveryPools().Single().Disks.Single().Id.ShouldBe(disk.Disk.Source.Id);

        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config()], Pools.Profiles));
        Told().ShouldBe(Set(Raw(700), disk));
    }

    [Fact]
    public void An_empty_pool_goes_with_its_configuration()
    {
        _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        _world.Sent().Single().UpdateAgent.ResourceProviders.ShouldBeEmpty();
        _world.Snapshot.Providers.ShouldBeEmpty();
    }

    [Fact]
    public void A_disk_in_use_is_neither_removed_nor_emptied_and_stays_told_while_its_pool_is_not_configured()
    {
        var reserved = Raw(200).For("web");
        _world.Master(Orders.Reserve(1, reserved).At(_version));
        _world.Master(Orders.CreateDisk(2, reserved, _version));
        var volume = Finish(2).WithVolume("db");
        _world.Master(Orders.Create(3, volume).At(_version));
        Finish(3);
        var launch = _world.RunUp(BookWorld.Task("t", task => task.Resources.Add(volume)));
        _world.Master(Orders.Destroy(4, volume).At(_version));
        Update().State.ShouldBe(OperationState.OperationFailed);

        _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        Told().ShouldBe(Set(volume));
        _world.Exited(launch.Container, 0);
        _world.Sent().Single(message => message.UpdateAgent is not null).UpdateAgent.ResourceProviders.Single().TotalResources
            .ShouldBeEmpty("nobody may be offered what the pool does not give any more");
    }

    [Fact]
    public void A_pool_with_a_profile_is_offered_under_it()
    {
        var world = new BookWorld { Pools = [Pools.Config(profile: "fast")], Profiles = Pools.Profiles };
        world.Start();
        var told = world.Registration().ResourceProviders.Single();
        ResourceSet.FromWire(told.TotalResources).ShouldBe(Set(Pools.Raw(told.Info.Id.Value, 1000, "fast")));
        world.Register();
        world.Master(Orders.CreateDisk(1, Pools.Raw(told.Info.Id.Value, 10, "fast"), told.ResourceVersion, profile: null));
        world.Effects.OfType<AgentEffect.MakeDisk>().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("configured")]
    public void Only_a_provider_without_anything_is_marked_gone(string which)
    {
        _world.Apply(new AgentCommand.ProviderGone(7, which == "gone" ? "nobody" : _provider));
        var reply = _world.Effects.OfType<AgentEffect.ReplyToProvider>().Single();
        reply.Request.ShouldBe(7);
        reply.StatusCode.ShouldBe(which == "gone" ? 404 : 409);
    }

    private IReadOnlyList<PoolContents> BookRecoveryPools() => Agent.Book.Recovery.BookRecovery.CheckpointedPools(_world.Disk);

    private Resource Raw(double megabytes) => Pools.Raw(_provider, megabytes);

    private static ResourceSet Set(params Resource[] resources) => ResourceSet.FromWire(resources);

    private ResourceSet Told() => _world.Snapshot.Providers.Single().Total;

    private DiskOrder Made() => _world.Effects.OfType<AgentEffect.MakeDisk>().Single().Disk;

    /// <summary>The shell is through with it; what it made.</summary>
    private Resource Finish(byte operation)
    {
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(operation), Problem: null));
        var status = Update();
        status.State.ShouldBe(OperationState.OperationFinished, status.Message);
        return status.ConvertedResources[0];
    }

    private OperationStatus Update() => _world.Sent()
        .Single(static message => message.MessageCase == AgentMessage.MessageOneofCase.OperationUpdate).OperationUpdate.Status;
}
