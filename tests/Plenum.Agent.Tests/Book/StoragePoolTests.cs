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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pool_that_shrinks_while_a_disk_is_made_of_it_keeps_what_that_is_made_of(bool crashes)
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        Made();
        _world.Pools = [Pools.Config(megabytes: 100, profile: "fast")];
        if (crashes)
        {
            _world.Restart();
            _world.Register();
        }
        else
        {
            _world.Apply(new AgentCommand.StorageConfigured(_world.Pools, Pools.Profiles));
        }

        Told().ShouldBe(Set(Raw(300)));
        var disk = Finish(1);
        Told().ShouldBe(Set(disk), "a disk that is told as finished is one that the book has");
    }

    [Fact]
    public void Room_that_only_an_operation_held_goes_when_that_fails()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config(megabytes: 100)], Pools.Profiles));
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(1), "the machine's disk is full"));
        Update().State.ShouldBe(OperationState.OperationFailed);
        Told().ShouldBe(Set(Raw(100)));
        var told = _world.Sent().Single(static message => message.UpdateAgent is not null).UpdateAgent.ResourceProviders.Single();
        ResourceSet.FromWire(told.TotalResources).ShouldBe(Set(Raw(100)));
    }

    [Fact]
    public void A_disk_whose_pool_lost_its_configuration_while_it_was_made_is_removed_before_it_fails()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var order = Made();
        _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(1), Problem: null));
        Removed().ShouldBe((order.Id, order.Provider, order.Pool));
        _world.Sent().ShouldBeEmpty("it fails when nothing is left of it");

        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(1), Problem: null));
        Update().State.ShouldBe(OperationState.OperationFailed);
        Update().Message.ShouldContain("configuration was removed");
    }

    [Fact]
    public void A_crash_while_a_disk_is_made_of_a_pool_whose_configuration_is_gone_forgets_neither()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var order = Made();
        _world.Pools = [];
        _world.Restart();
        _world.Effects.OfType<AgentEffect.MakeDisk>().ShouldBeEmpty();
        Removed().ShouldBe((order.Id, order.Provider, order.Pool));
        _world.Registration().Operations.Single().LatestStatus.State.ShouldBe(OperationState.OperationPending);

        _world.Register();
        _world.Apply(new AgentCommand.VolumesChanged(Orders.Uuid(1), "it is in use"));
        Update().State.ShouldBe(OperationState.OperationFailed);
        Update().Message.ShouldBe("The resource provider's configuration was removed (it is in use)");
        _world.Restart();
        _world.Registration().ResourceProviders.ShouldBeEmpty("it has nothing any more");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disk_that_is_removed_while_its_pool_loses_its_configuration_is_gone(bool crashes)
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        var disk = Finish(1);
        _world.Master(Orders.DestroyDisk(2, disk, _version));
        _world.Pools = [];
        if (crashes)
        {
            _world.Restart();
            Removed().Id.ShouldBe(disk.Disk.Source.Id, "nobody knows how far it had come");
            _world.Register();
        }
        else
        {
            _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        }

        Finish(2);
        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config()], Pools.Profiles));
        Told().ShouldBe(Set(Raw(1000)));
    }

    [Fact]
    public void Reserved_room_outlives_its_pools_configuration_until_an_operator_gives_it_up()
    {
        var reserved = Raw(200).For("web");
        _world.Master(Orders.Reserve(1, reserved).At(_version));
        _world.Pools = [];
        _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        _world.Restart();
        _world.Register();
        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config()], Pools.Profiles));
        _world.Snapshot.Providers.Single().Info.Id.Value.ShouldBe(_provider);
        Told().ShouldBe(Set(Raw(800), reserved));

        _world.Apply(new AgentCommand.StorageConfigured([], Pools.Profiles));
        _world.Apply(new AgentCommand.ProviderGone(7, _provider));
        _world.Effects.OfType<AgentEffect.ReplyToProvider>().Single().StatusCode.ShouldBe(200);
        _world.Snapshot.Providers.ShouldBeEmpty();
    }

    [Fact]
    public void A_pool_of_the_same_name_elsewhere_has_none_of_the_disks()
    {
        _world.Master(Orders.CreateDisk(1, Raw(300), _version));
        Made();
        var disk = Finish(1);
        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config("/elsewhere", megabytes: 500)], Pools.Profiles));

        var providers = _world.Sent().Single(static message => message.UpdateAgent is not null).UpdateAgent.ResourceProviders;
        var old = providers.Single(provider => provider.Info.Id.Value == _provider);
        old.Info.Storage.Plugin.TargetPathRoot.ShouldBe("/pool");
        old.TotalResources.ShouldBeEmpty("it is not configured: its disk waits for it");
        var other = providers.Single(provider => provider.Info.Id.Value != _provider);
        (other.Info.Storage.Plugin.TargetPathRoot, other.TotalResources.Single().Scalar.Value).ShouldBe(("/elsewhere", 500));

        _world.Apply(new AgentCommand.StorageConfigured([Pools.Config()], Pools.Profiles));
        _world.Snapshot.Providers.Single().Info.Id.Value.ShouldBe(_provider);
        Told().ShouldBe(Set(disk, Raw(700)));
    }

    [Theory]
    [InlineData("/data//pools/../pool/", "/data/pool")]
    [InlineData("/data/./pool", "/data/pool")]
    public void A_pools_directory_has_one_spelling(string configured, string directory)
    {
        Pools.Config(configured).Directory.ShouldBe(directory);
        StorageProviderConfig.TryRead(Pools.Info("pool", "/data\0", 1), out var problem).ShouldBeNull();
        problem.ShouldNotBeNull().ShouldContain("target_path_root");
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

    private (string Id, string Provider, string Pool) Removed()
    {
        var disk = _world.Effects.OfType<AgentEffect.RemoveDisk>().Single().Disk;
        return (disk.Id, disk.Provider, disk.Pool);
    }

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
