using Google.Protobuf;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Call = Plenum.Protocol.V1.Master.Call;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;
using SchedulerCall = Plenum.Protocol.V1.Scheduler.Call;

namespace Plenum.Kernel.Tests.Operations;

/// <summary>
/// Operations on the resources of resource providers (mesos.md 4.3, 4.4, 4.11): nothing is taken for granted until the
/// provider says so. The cluster audits all sums after every command.
/// </summary>
public sealed class ProviderOperationTests
{
    private static readonly ByteString Version = ByteString.CopyFromUtf8("version-1");

    private readonly TestCluster _cluster = new();
    private readonly TestAgent _agent;
    private readonly TestFramework _framework;

    public ProviderOperationTests()
    {
        _agent = new TestAgent("a.example", "cpus:4;mem:1024") { Port = 5051 };
        _agent.Providers.Add(Pool(Op.Raw(1000)));
        _cluster.Register(_agent);
        _framework = _cluster.Subscribe(TestFramework.InRoles("fw", "web"));
        _framework.Info.Capabilities.Add(new FrameworkInfo.Types.Capability { Type = Capability.ReservationRefinement });
        _framework.Resubscribe();
    }

    [Fact]
    public void What_a_provider_has_is_offered_and_shown_beside_the_agents_own()
    {
        ResourceSet.FromWire(_framework.TakeOffer().Resources).Unallocated
            .ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(1000)));
        var shown = _cluster.Snapshot.Agents.Single().ToWire().ResourceProviders.Single();
        shown.ResourceProviderInfo.Name.ShouldBe("pool");
        ResourceSet.FromWire(shown.TotalResources).ShouldBe(Set(Op.Raw(1000)));
    }

    [Fact]
    public void A_disk_that_is_being_made_is_nobodys_and_is_offered_when_the_provider_has_made_it()
    {
        var offer = _framework.TakeOffer();
        _framework.Forget();
        _framework.Accept(3600, [offer], Op.CreateDisk(Op.Raw(300)).Named("make"));
        _cluster.Settle();
        _framework.Offers.ShouldBeEmpty("the rest was refused, and the disk is not there yet");
        var ordered = _agent.Ordered.Single();
        ordered.ResourceVersion.ShouldBe(Version);
        ordered.Info.CreateDisk.Source.AllocationInfo.ShouldBeNull();
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(1000)));

        var disk = Op.Raw(300).AsDisk("d1");
        var status = _agent.Outcome(ordered, made: disk);
        var told = _framework.OperationUpdates.Single();
        told.ConvertedResources.Single().ShouldBe(disk);
        ResourceSet.FromWire(_framework.TakeOffer().Resources).Unallocated
            .ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), disk));
        _framework.AcknowledgeOperation(_agent.Id, status);
        _agent.AcknowledgedOperations.ShouldBe([ordered.OperationUuid]);
    }

    [Fact]
    public void The_result_of_a_providers_operation_is_not_usable_in_the_same_accept()
    {
        var reserved = Op.Raw(300);
        reserved.Reservations.Add(new Resource.Types.ReservationInfo
        {
            Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = "web",
        });
        var offer = _framework.TakeOffer();
        _framework.Accept(null, [offer], Op.Reserve(reserved).Named("first"), Op.Unreserve(reserved).Named("second"));
        _agent.Ordered.Select(ordered => ordered.Info.Type).ShouldBe([OperationType.Reserve]);
        _framework.OperationUpdates.Single().ShouldSatisfyAllConditions(
            status => status.OperationId.Value.ShouldBe("second"),
            status => status.State.ShouldBe(OperationState.OperationError));

        _agent.Outcome(_agent.Ordered[0]);
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), reserved));
    }

    [Theory]
    [InlineData(OperationState.OperationFailed)]
    [InlineData(OperationState.OperationDropped)]
    public void What_was_not_done_leaves_everything_as_it_was(OperationState outcome)
    {
        _framework.Accept(0, [_framework.TakeOffer()], Op.CreateDisk(Op.Raw(300)));
        _agent.Outcome(_agent.Ordered.Single(), outcome);
        _cluster.Snapshot.Operations.ShouldBeEmpty();
        ResourceSet.FromWire(_framework.TakeOffer().Resources).Unallocated
            .ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(1000)));
    }

    [Fact]
    public void One_operation_is_about_one_provider_that_the_agent_has()
    {
        _agent.Say(new AgentMessage
        {
            UpdateAgent = new AgentMessage.Types.UpdateAgent
            {
                TotalResources = { _agent.Info.Resources },
                ResourceProviders = { Pool(Op.Raw(1000)), Pool(Op.Raw(10, "other")) },
            },
        });
        Resource[] both = [.. new[] { Op.Raw(5), Op.Raw(5, "other") }.Select(Reserve)];
        _framework.Accept(0, [_framework.TakeOffer()], Op.Reserve(both).Named("mixed"), Op.CreateDisk(Op.Raw(5, "third")).Named("strange"));
        _framework.OperationUpdates.Select(status => status.Message).ShouldBe(
        [
            "The operation's resources are not all of one resource provider, or not all the agent's own",
            "The agent has no resource provider 'third'",
        ]);
    }

    [Fact]
    public void A_returning_agent_says_which_operations_its_providers_are_still_at()
    {
        _framework.Accept(
            0,
            [_framework.TakeOffer()],
            Op.CreateDisk(Op.Raw(300)).Named("done"),
            Op.CreateDisk(Op.Raw(200)).Named("at-work"),
            Op.CreateDisk(Op.Raw(100)).Named("lost"));
        var ordered = _agent.Ordered;

        // The first is done, and its outcome was on the link that broke; the last never arrived.
        var disk = Op.Raw(300).AsDisk("d1");
        _agent.BreakLink();
        _agent.Providers[0] = Pool(Op.Raw(700), disk);
        var finished = Report(ordered[0], OperationState.OperationFinished);
        _agent.Operations.AddRange([finished, Report(ordered[1], OperationState.OperationPending)]);
        _agent.Return();

        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), disk));
        _framework.OperationUpdates.Select(status => (status.OperationId.Value, status.State)).ShouldBe([("lost", OperationState.OperationDropped)]);
        ResourceSet.FromWire(_framework.TakeOffer().Resources).Unallocated
            .ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(500), disk));

        // Repeated, it changes nothing any more.
        _agent.Repeat(ordered[0], finished.LatestStatus);
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), disk));
        _framework.OperationUpdates[^1].State.ShouldBe(OperationState.OperationFinished);
    }

    [Fact]
    public void A_new_master_learns_providers_and_their_operations_from_the_agent()
    {
        _framework.Accept(0, [_framework.TakeOffer()], Op.CreateDisk(Op.Raw(300)).Named("make"));
        var ordered = _agent.Ordered.Single();
        _agent.Operations.Add(Report(ordered, OperationState.OperationPending));
        _agent.Frameworks.Add(_framework.Info);
        _cluster.RestartMaster();
        _framework.Resubscribe();
        _framework.Forget();
        _agent.Return();

        ResourceSet.FromWire(_framework.TakeOffer().Resources).Unallocated
            .ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700)));
        _agent.Outcome(ordered, made: Op.Raw(300).AsDisk("d1"));
        _framework.OperationUpdates.Single().State.ShouldBe(OperationState.OperationFinished);
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), Op.Raw(300).AsDisk("d1")));
    }

    [Fact]
    public void A_provider_that_went_takes_its_resources_along_but_not_its_operation()
    {
        _framework.Accept(0, [_framework.TakeOffer()], Op.CreateDisk(Op.Raw(300)).Named("make"));
        _agent.Say(new AgentMessage
        {
            UpdateAgent = new AgentMessage.Types.UpdateAgent
            {
                TotalResources = { _agent.Info.Resources }, ResourceProviders = { Pool(Op.Raw(300)) },
            },
        });
        ResourceSet.FromWire(_framework.TakeOffer().Resources).Unallocated.ShouldBe(ResourceSet.Parse("cpus:4;mem:1024"));
        _agent.Outcome(_agent.Ordered.Single(), OperationState.OperationFailed);
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(300)));
    }

    [Fact]
    public void A_lost_agent_takes_operations_along_and_a_removed_framework_does_not_hold_its_disk()
    {
        _framework.Accept(0, [_framework.TakeOffer()], Op.CreateDisk(Op.Raw(300)).Named("make"));
        _framework.Call(new SchedulerCall { Type = SchedulerCall.Types.Type.Teardown });
        _agent.Outcome(_agent.Ordered.Single(), made: Op.Raw(300).AsDisk("d1"));
        _agent.AcknowledgedOperations.ShouldHaveSingleItem();
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), Op.Raw(300).AsDisk("d1")));

        var other = _cluster.AddFramework();
        other.Accept(0, [other.TakeOffer()], Op.DestroyDisk(Op.Raw(300).AsDisk("d1")).Named("remove"));
        _agent.BreakLink();
        _cluster.Advance(TimeSpan.FromHours(1));
        other.OperationUpdates.Single().State.ShouldBe(OperationState.OperationUnreachable);
    }

    [Fact]
    public void An_operator_reserves_a_providers_resources_and_they_change_when_it_is_done()
    {
        var reserved = Reserve(Op.Raw(300));
        _cluster.Operate(new Call
        {
            Type = Call.Types.Type.ReserveResources,
            ReserveResources = new Call.Types.ReserveResources { AgentId = _agent.Info.Id, Resources = { reserved } },
        }).ShouldBeNull();
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(1000)));
        _agent.Outcome(_agent.Ordered.Single());
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(700), reserved));
    }

    [Fact]
    public void Resources_that_are_not_the_providers_are_not_taken_for_what_it_made()
    {
        _framework.Accept(0, [_framework.TakeOffer()], Op.CreateDisk(Op.Raw(300)));
        _agent.Outcome(_agent.Ordered.Single(), made: Op.Raw(300, "other").AsDisk("d1"));
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024") + Set(Op.Raw(1000)));
        _cluster.Notes.ShouldContain(note => note.Contains("not its resource provider's"));
    }

    private static AgentMessage.Types.ResourceProvider Pool(params Resource[] resources) => new()
    {
        Info = new ResourceProviderInfo
        {
            Id = new ResourceProviderID { Value = resources[0].ProviderId.Value }, Type = "org.apache.mesos.rp.local.storage", Name = "pool",
        },
        TotalResources = { resources },
        ResourceVersion = Version,
    };

    private static Resource Reserve(Resource raw)
    {
        raw.Reservations.Add(new Resource.Types.ReservationInfo
        {
            Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = "web",
        });
        return raw;
    }

    private static Operation Report(MasterMessage.Types.ApplyOperation ordered, OperationState state)
    {
        var status = new OperationStatus
        {
            OperationId = ordered.Info.Id, State = state, ResourceProviderId = new ResourceProviderID { Value = "rp" },
        };
        if (state != OperationState.OperationPending)
        {
            status.Uuid = new UUID { Value = ByteString.CopyFrom(new byte[16]) };
        }

        return new Operation
        {
            Uuid = new UUID { Value = ordered.OperationUuid }, FrameworkId = ordered.FrameworkId, Info = ordered.Info, LatestStatus = status,
        };
    }

    private static ResourceSet Set(params Resource[] resources) => ResourceSet.FromWire(resources);

    private ResourceSet Total() => _cluster.Snapshot.Agents.Single().Total;
}
