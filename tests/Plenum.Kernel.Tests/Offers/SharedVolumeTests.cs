using Plenum.Kernel.Tests.Operations;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Tests.Offers;

/// <summary>A shared persistent volume is there once, and everybody of its role may have a copy of it at the same time.</summary>
public sealed class SharedVolumeTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TestCluster _cluster = new();
    private readonly Resource _volume = Op.Volume("s", 100, isShared: true);

    [Fact]
    public void Several_frameworks_hold_offers_with_the_same_shared_volume_at_once()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var (first, second) = (Subscribe("one"), Subscribe("two"));
        Create(first, second);

        // The first one uses half of the agent and the volume; the second holds the rest of it in an offer.
        var offer = first.Offers[^1];
        first.Launch(offer, 0, Op.Task(offer, "a", [.. ResourceSet.Parse("cpus:2;mem:512").ToWire(), _volume]));
        _cluster.Advance(Interval);
        var theirs = _cluster.Snapshot.Offers.ToList().ShouldHaveSingleItem();
        theirs.Resources.PersistentVolumes.IsEmpty.ShouldBeFalse();

        // More resources come to the agent: whoever gets them gets the volume too.
        agent.Update(first, "a", TaskState.TaskFinished);
        _cluster.Advance(Interval);

        var offers = _cluster.Snapshot.Offers.ToList();
        offers.Select(o => o.FrameworkId).Distinct().Count().ShouldBe(2);
        offers.ShouldAllBe(o => !o.Resources.Shared.IsEmpty);
    }

    [Fact]
    public void Tasks_of_several_frameworks_use_a_shared_volume_together_and_the_last_one_lets_it_go()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var (first, second) = (Subscribe("one"), Subscribe("two"));
        Create(first, second);
        Use(first, "a");
        second.Resubscribe();
        Use(second, "b");
        first.Suppress();

        Destroy(second, "while-both");
        agent.Update(second, "b", TaskState.TaskFinished);
        Destroy(second, "while-one");
        second.OperationUpdates.Select(status => status.State)
            .ShouldBe([OperationState.OperationError, OperationState.OperationError]);
        second.OperationUpdates.ShouldAllBe(status => status.Message.Contains("in use"));

        agent.Update(first, "a", TaskState.TaskFinished);
        Destroy(second, "at-last");
        second.OperationUpdates.Count.ShouldBe(2);
        Total().PersistentVolumes.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_shared_volume_counts_once_for_a_framework_and_for_its_role_however_often_it_is_held()
    {
        _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var (first, second) = (Subscribe("one"), Subscribe("two"));
        Create(first, second);
        Use(first, "a", "b");
        second.Resubscribe();
        Use(second, "c");
        second.Revive();
        _cluster.Advance(Interval);

        // Both have tasks with it, and one of them has it in an offer on top.
        _cluster.Snapshot.Offers.ToList().ShouldContain(offer => !offer.Resources.Shared.IsEmpty);
        var held = _cluster.Snapshot.Roles.Single(role => role.Name == "web").Allocated;
        (held["disk"] - 900_000).ShouldBe(100_000);
        _cluster.Snapshot.Frameworks.ToList().ShouldAllBe(framework => framework.Used["disk"] == 100_000);
        _cluster.Snapshot.Agents.Single().Used.Millis("disk").ShouldBe(100_000);
    }

    [Fact]
    public void Tasks_of_one_group_give_a_shared_volume_back_one_by_one()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("one");
        Create(framework);
        var offer = framework.Offers[^1];
        var executor = new ExecutorInfo
        {
            Type = ExecutorInfo.Types.Type.Default, ExecutorId = new ExecutorID { Value = "pod" },
        };
        executor.Resources.AddRange(ResourceSet.Parse("cpus:0.1;mem:32;disk:10").ToWire());
        framework.LaunchGroup(
            offer,
            executor,
            Op.Task(offer, "a", [.. ResourceSet.Parse("cpus:1;mem:32").ToWire(), _volume]),
            Op.Task(offer, "b", [.. ResourceSet.Parse("cpus:1;mem:32").ToWire(), _volume]));
        framework.Updates.ShouldBeEmpty();

        // The audit after each command compares every sum.
        agent.Update(framework, "a", TaskState.TaskFinished);
        agent.Update(framework, "b", TaskState.TaskFinished);
        _cluster.Snapshot.Frameworks.Single().Used["disk"].ShouldBe(10_000);
    }

    [Fact]
    public void Destroying_a_shared_volume_takes_back_the_offers_of_others_that_hold_it()
    {
        var (first, second) = BothHoldIt();
        second.Forget();

        first.Accept(0, [first.Offers[^1]], Op.Destroy(_volume).Named("destroy"));

        first.OperationUpdates.ShouldBeEmpty();
        second.Rescinded.ShouldHaveSingleItem();
        Total().PersistentVolumes.IsEmpty.ShouldBeTrue();
        _cluster.Advance(Interval);
        _cluster.Snapshot.Offers.ToList().ShouldAllBe(offer => offer.Resources.PersistentVolumes.IsEmpty);
    }

    [Fact]
    public void An_operator_who_destroys_a_shared_volume_takes_back_all_offers_that_hold_it()
    {
        var (first, second) = BothHoldIt();
        first.Forget();
        second.Forget();

        _cluster.Operate(new Call
        {
            Type = Call.Types.Type.DestroyVolumes,
            DestroyVolumes = new Call.Types.DestroyVolumes
            {
                AgentId = _cluster.Snapshot.Agents.Single().Id.ToWire(), Volumes = { _volume },
            },
        }).ShouldBeNull();

        first.Rescinded.Count.ShouldBe(1);
        second.Rescinded.Count.ShouldBe(1);
        Total().PersistentVolumes.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void An_operator_who_names_a_shared_volume_twice_is_refused_and_takes_no_offer_back()
    {
        var (first, second) = BothHoldIt();
        first.Forget();
        second.Forget();

        _cluster.Operate(new Call
        {
            Type = Call.Types.Type.DestroyVolumes,
            DestroyVolumes = new Call.Types.DestroyVolumes
            {
                AgentId = _cluster.Snapshot.Agents.Single().Id.ToWire(), Volumes = { _volume, _volume },
            },
        }).ShouldNotBeNull();

        first.Rescinded.ShouldBeEmpty();
        second.Rescinded.ShouldBeEmpty();
        Total().PersistentVolumes.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public void A_framework_is_never_offered_a_second_copy_beside_the_first()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("one");
        Create(framework);
        var offer = framework.Offers[^1];
        framework.Launch(offer, 0, Op.Task(offer, "a", ResourceSet.Parse("cpus:2;mem:512").ToWire()));
        _cluster.Advance(Interval);
        agent.Update(framework, "a", TaskState.TaskFinished);
        _cluster.Advance(Interval);

        var offers = _cluster.Snapshot.Offers.ToList();
        offers.Count.ShouldBe(2);
        offers.Count(o => !o.Resources.Shared.IsEmpty).ShouldBe(1);
        framework.Accept(0, framework.Offers.TakeLast(2), Op.Destroy(_volume));
        Total().PersistentVolumes.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void One_that_wants_a_volume_alone_is_offered_one_copy_and_not_another_each_interval()
    {
        _cluster.AddAgent("cpus:4;mem:1024;disk:100");
        var framework = Subscribe("one");
        Create(framework);
        var offer = framework.Offers[^1];
        framework.Launch(offer, 0, Op.Task(offer, "a", [.. ResourceSet.Parse("cpus:4;mem:1024").ToWire(), _volume]));

        var info = Describe("disk-only");
        info.OfferFilters.Add("web", new OfferFilters
        {
            MinAllocatableResources = new OfferFilters.Types.MinAllocatableResources
            {
                Quantities = { new OfferFilters.Types.ResourceQuantities { Quantities = { ["disk"] = new Value.Types.Scalar { Value = 1 } } } },
            },
        });
        var other = _cluster.Subscribe(info);
        _cluster.Advance(5 * Interval);

        other.Offers.ShouldHaveSingleItem().Resources.ShouldHaveSingleItem().Shared.ShouldNotBeNull();
    }

    [Fact]
    public void Who_does_not_know_shared_resources_gets_the_rest_without_the_volume()
    {
        _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var framework = Subscribe("one");
        Create(framework);
        framework.Suppress();
        framework.Decline(framework.Offers[^1], 0);

        var plain = _cluster.Subscribe(TestFramework.InRoles("plain", "web"));
        plain.TakeOffer().Resources.ShouldAllBe(resource => resource.Shared == null);
    }

    [Theory]
    [InlineData(OperationState.OperationFinished)]
    [InlineData(OperationState.OperationFailed)]
    public void A_shared_volume_that_a_provider_is_asked_to_destroy_is_nobodys_until_it_says_so(OperationState outcome)
    {
        var disk = Op.Raw(100).AsDisk("d");
        disk.Reservations.AddRange(_volume.Reservations);
        var volume = disk.Clone();
        volume.Disk.Persistence = _volume.Disk.Persistence;
        volume.Disk.Volume = _volume.Disk.Volume;
        volume.Shared = new Resource.Types.SharedInfo();
        var agent = new TestAgent("a.example", "cpus:4;mem:1024");
        agent.Providers.Add(new Protocol.Link.V1.AgentMessage.Types.ResourceProvider
        {
            Info = new ResourceProviderInfo { Id = new ResourceProviderID { Value = "rp" }, Type = "org.example", Name = "pool" },
            ResourceVersion = Google.Protobuf.ByteString.CopyFromUtf8("1"),
            TotalResources = { volume },
        });
        _cluster.Register(agent);
        var first = Subscribe("one");
        var offer = first.TakeOffer();
        first.Launch(offer, 0, Op.Task(offer, "a", ResourceSet.Parse("cpus:2;mem:512").ToWire()));
        first.Suppress();
        var second = Subscribe("two");
        second.TakeOffer().Resources.ShouldContain(resource => resource.Shared != null);
        agent.Update(first, "a", TaskState.TaskFinished);
        first.Revive();
        first.TakeOffer().Resources.ShouldContain(resource => resource.Shared != null);
        second.Forget();

        first.Accept(0, [first.Offers[^1]], Op.Destroy(volume));
        second.Rescinded.ShouldHaveSingleItem();
        _cluster.Advance(Interval);
        _cluster.Snapshot.Offers.ToList().ShouldAllBe(o => o.Resources.Shared.IsEmpty);

        agent.Outcome(agent.Ordered.Single(), outcome, disk);
        Total().Shared.IsEmpty.ShouldBe(outcome == OperationState.OperationFinished);
        foreach (var framework in (TestFramework[])[first, second])
        {
            framework.Suppress();
            framework.Offers.ForEach(known => framework.Decline(known, 0));
        }

        second.Revive();
        second.TakeOffer().Resources.Any(resource => resource.Shared != null).ShouldBe(outcome == OperationState.OperationFailed);
    }

    private static FrameworkInfo Describe(string name)
    {
        var info = TestFramework.InRoles(name, "web");
        info.Capabilities.Add(new FrameworkInfo.Types.Capability { Type = Capability.ReservationRefinement });
        info.Capabilities.Add(new FrameworkInfo.Types.Capability { Type = Capability.SharedResources });
        return info;
    }

    private TestFramework Subscribe(string name) => _cluster.Subscribe(Describe(name));

    /// <summary>The first makes it and then holds it in an offer of the whole agent, the others nothing.</summary>
    private void Create(TestFramework first, params TestFramework[] others)
    {
        foreach (var other in others)
        {
            other.Suppress();
        }

        _cluster.Advance(Interval);
        foreach (var other in others)
        {
            other.Offers.ForEach(offer => other.Decline(offer, 0));
        }

        _cluster.Advance(Interval);
        first.Accept(0, [first.Offers[^1]], Op.Reserve(Op.Reserved("disk:100", "web")), Op.Create(_volume));
        _cluster.Advance(Interval);
        first.Offers[^1].Resources.ShouldContain(resource => resource.Shared != null);
        foreach (var other in others)
        {
            other.Revive();
        }
    }

    /// <summary>Each framework has an offer with a copy.</summary>
    private (TestFramework First, TestFramework Second) BothHoldIt()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        var (first, second) = (Subscribe("one"), Subscribe("two"));
        Create(first, second);
        var offer = first.Offers[^1];
        first.Launch(offer, 3600, Op.Task(offer, "a", ResourceSet.Parse("cpus:2;mem:512").ToWire()));
        _cluster.Advance(Interval);
        second.Offers[^1].Resources.ShouldContain(resource => resource.Shared != null);
        second.Suppress();
        agent.Update(first, "a", TaskState.TaskFinished);
        first.Revive();
        _cluster.Advance(Interval);
        first.Offers[^1].Resources.ShouldContain(resource => resource.Shared != null);
        _cluster.Snapshot.Offers.Count.ShouldBe(2);
        return (first, second);
    }

    /// <summary>Tasks in the newest offer, and none of the rest for a while.</summary>
    private void Use(TestFramework framework, params string[] tasks)
    {
        _cluster.Advance(Interval);
        var offer = framework.Offers[^1];
        framework.Launch(
            offer, 0, [.. tasks.Select(task => Op.Task(offer, task, [.. ResourceSet.Parse("cpus:0.5;mem:64").ToWire(), _volume]))]);
        framework.Updates.ShouldBeEmpty();
        framework.Suppress();
        _cluster.Advance(Interval);
    }

    private void Destroy(TestFramework framework, string name)
    {
        framework.Revive();
        _cluster.Advance(Interval);
        framework.Accept(0, [framework.Offers[^1]], Op.Destroy(_volume).Named(name));
    }

    private ResourceSet Total() => _cluster.Snapshot.Agents.Single().Total;
}
