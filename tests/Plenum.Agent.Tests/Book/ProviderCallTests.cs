using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.ResourceProvider;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Tests.Book;

/// <summary>A program that brings resources to the agent (mesos-wire.md 10).</summary>
public sealed class ProviderCallTests
{
    private static readonly ByteString Version = ByteString.CopyFrom(new byte[16]);

    private readonly BookWorld _world = BookWorld.Registered();

    [Fact]
    public void Its_resources_are_told_when_it_has_said_what_they_are_and_not_while_it_is_away()
    {
        var id = Subscribe(1);
        Told().Single().TotalResources.ShouldBeEmpty();
        State(2, 1, id, Pools.Raw(id, 500));
        Reply().StatusCode.ShouldBe(202);
        ResourceSet.FromWire(Told().Single().TotalResources).ShouldBe(Set(Pools.Raw(id, 500)));
        Told().Single().ResourceVersion.ShouldBe(Version);

        _world.Apply(new AgentCommand.ProviderStreamClosed(1));
        Told().Single().TotalResources.ShouldBeEmpty();
        _world.Restart();
        _world.Register();
        Subscribe(1, id).ShouldBe(id);
        State(2, 1, id, Pools.Raw(id, 400));
        ResourceSet.FromWire(Told().Single().TotalResources).ShouldBe(Set(Pools.Raw(id, 400)));
    }

    [Fact]
    public void The_newest_subscription_counts_and_calls_on_another_are_refused()
    {
        var id = Subscribe(1);
        Subscribe(2, id).ShouldBe(id);
        _world.Effects.OfType<AgentEffect.CloseProvider>().Single().Stream.ShouldBe(1);
        State(3, 1, id);
        Reply().StatusCode.ShouldBe(400);
        State(4, null, "nobody");
        Reply().StatusCode.ShouldBe(403);
        _world.Apply(new AgentCommand.ProviderStreamClosed(1));
        State(5, 2, id);
        Reply().StatusCode.ShouldBe(202);
    }

    [Fact]
    public void An_id_is_the_agents_to_give()
    {
        _world.Apply(new AgentCommand.ProviderSubscribing(1, Info("made-up")));
        Reply().StatusCode.ShouldBe(400);
        var id = Subscribe(2);
        var renamed = Info(id);
        renamed.Name = "other";
        _world.Apply(new AgentCommand.ProviderSubscribing(3, renamed));
        Reply().Message.ShouldNotBeNull().ShouldContain("type or name");
    }

    [Fact]
    public void Resources_without_the_providers_id_are_refused()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw("other", 500));
        Reply().StatusCode.ShouldBe(400);
    }

    [Fact]
    public void It_carries_out_operations_and_may_forget_them_when_the_framework_has_heard()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw(id, 500));
        _world.Master(Orders.CreateDisk(1, Pools.Raw(id, 100), Version));
        var asked = Sent().ApplyOperation;
        asked.OperationUuid.Value.ShouldBe(Orders.Uuid(1));
        asked.ResourceVersionUuid.Value.ShouldBe(Version);

        var disk = Pools.Raw(id, 100);
        disk.Disk.Source.Type = SourceType.Block;
        disk.Disk.Source.Id = "lun-7";
        var status = new OperationStatus
        {
            State = OperationState.OperationFinished, Uuid = new UUID { Value = Orders.Uuid(9) }, ConvertedResources = { disk },
        };
        Outcome(3, id, status);
        var update = _world.Sent().Single().OperationUpdate;
        update.Status.Uuid.Value.ShouldBe(Orders.Uuid(9));
        update.Status.ResourceProviderId.Value.ShouldBe(id);
        _world.Snapshot.Total.OfProvider(id).ShouldBe(Set(Pools.Raw(id, 400), disk));
        Outcome(4, id, status);
        _world.Sent().ShouldBeEmpty("repeated, it says nothing new");

        _world.Master(Orders.Acknowledge(update));
        Sent().AcknowledgeOperationStatus.StatusUuid.Value.ShouldBe(Orders.Uuid(9));
        Outcome(5, id, status);
        Sent().AcknowledgeOperationStatus.OperationUuid.Value.ShouldBe(Orders.Uuid(1), "it did not hear the first one");
    }

    [Fact]
    public void A_finished_disk_without_resources_is_no_answer()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw(id, 500));
        _world.Master(Orders.CreateDisk(1, Pools.Raw(id, 100), Version));
        Outcome(3, id, new OperationStatus { State = OperationState.OperationFinished });
        Reply().StatusCode.ShouldBe(400);
        _world.Snapshot.Operations.Single().LatestStatus.State.ShouldBe(OperationState.OperationPending);
    }

    [Fact]
    public void What_it_did_not_hear_of_before_it_died_it_is_asked_about()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw(id, 500));
        _world.Master(Orders.Reserve(1, Pools.Raw(id, 100).For("web")).At(Version));
        _world.Master(Orders.Reserve(2, Pools.Raw(id, 50).For("web")).At(Version));
        _world.Apply(new AgentCommand.ProviderStreamClosed(1));
        Subscribe(2, id);

        // It had done the second and never got the first.
        _world.Apply(new AgentCommand.ProviderCalling(3, 2, Call(id, call =>
        {
            call.Type = Protocol.V1.ResourceProvider.Call.Types.Type.UpdateState;
            call.UpdateState = new Call.Types.UpdateState
            {
                ResourceVersionUuid = new UUID { Value = Version },
                Resources = { Pools.Raw(id, 450), Pools.Raw(id, 50).For("web") },
                Operations =
                {
                    new Operation
                    {
                        Uuid = new UUID { Value = Orders.Uuid(2) },
                        Info = new Offer.Types.Operation(),
                        LatestStatus = new OperationStatus
                        {
                            State = OperationState.OperationFinished, ConvertedResources = { Pools.Raw(id, 50).For("web") },
                        },
                    },
                },
            };
        })));
        Sent().ReconcileOperations.OperationUuids.Single().Value.ShouldBe(Orders.Uuid(1));
        _world.Sent().Single(message => message.OperationUpdate is not null).OperationUpdate.OperationUuid.ShouldBe(Orders.Uuid(2));
        _world.Snapshot.Total.OfProvider(id).ShouldBe(Set(Pools.Raw(id, 450), Pools.Raw(id, 50).For("web")), "it was in what it has");

        _world.Apply(new AgentCommand.ProviderCalling(4, 2, Call(id, call =>
        {
            call.Type = Protocol.V1.ResourceProvider.Call.Types.Type.UpdateOperationStatus;
            call.UpdateOperationStatus = new Call.Types.UpdateOperationStatus
            {
                OperationUuid = new UUID { Value = Orders.Uuid(1) }, Status = new OperationStatus { State = OperationState.OperationDropped },
            };
        })));
        _world.Sent().Single().OperationUpdate.Status.State.ShouldBe(OperationState.OperationDropped);
    }

    [Fact]
    public void What_an_operation_made_is_looked_at_before_anything_of_the_call_counts()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw(id, 500));
        _world.Master(Orders.CreateDisk(1, Pools.Raw(id, 100), Version));
        foreach (var made in new[] { Pools.Raw(id, double.NaN), Pools.Raw("other", 100) })
        {
            _world.Apply(new AgentCommand.ProviderCalling(3, 1, Call(id, call =>
            {
                call.Type = Protocol.V1.ResourceProvider.Call.Types.Type.UpdateState;
                call.UpdateState = new Call.Types.UpdateState
                {
                    ResourceVersionUuid = new UUID { Value = Orders.Uuid(7) },
                    Resources = { Pools.Raw(id, 400) },
                    Operations =
                    {
                        new Operation
                        {
                            Uuid = new UUID { Value = Orders.Uuid(1) },
                            Info = new Offer.Types.Operation(),
                            LatestStatus = new OperationStatus { State = OperationState.OperationFinished, ConvertedResources = { made } },
                        },
                    },
                };
            })));
            Reply().StatusCode.ShouldBe(400);
            _world.Snapshot.Total.OfProvider(id).ShouldBe(Set(Pools.Raw(id, 500)));
            _world.Snapshot.Operations.Single().LatestStatus.State.ShouldBe(OperationState.OperationPending);
        }
    }

    [Fact]
    public void An_operation_for_one_that_is_away_is_dropped()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw(id, 500));
        _world.Apply(new AgentCommand.ProviderStreamClosed(1));
        _world.Master(Orders.CreateDisk(1, Pools.Raw(id, 100), Version));
        _world.Sent().First().OperationUpdate.Status.State.ShouldBe(OperationState.OperationDropped);
    }

    [Fact]
    public void Marked_gone_it_is_sent_away_and_its_id_is_worth_nothing()
    {
        var id = Subscribe(1);
        State(2, 1, id, Pools.Raw(id, 500));
        _world.Apply(new AgentCommand.ProviderGone(3, id));
        Reply().StatusCode.ShouldBe(200);
        Sent().Type.ShouldBe(Event.Types.Type.Teardown);
        _world.Effects.OfType<AgentEffect.CloseProvider>().ShouldHaveSingleItem();
        Told().ShouldBeEmpty();
        _world.Apply(new AgentCommand.ProviderSubscribing(4, Info(id)));
        Reply().StatusCode.ShouldBe(400);
    }

    private static ResourceProviderInfo Info(string? id) => new()
    {
        Id = id is null ? null : new ResourceProviderID { Value = id }, Type = "org.example.san", Name = "san",
    };

    private static ResourceSet Set(params Resource[] resources) => ResourceSet.FromWire(resources);

    private static Call Call(string id, Action<Call> more)
    {
        var call = new Call { ResourceProviderId = new ResourceProviderID { Value = id } };
        more(call);
        return call;
    }

    private string Subscribe(long stream, string? id = null)
    {
        _world.Apply(new AgentCommand.ProviderSubscribing(stream, Info(id)));
        Reply().StatusCode.ShouldBe(200, Reply().Message);
        return Sent().Subscribed.ProviderId.Value;
    }

    private void State(long request, long? stream, string id, params Resource[] resources) =>
        _world.Apply(new AgentCommand.ProviderCalling(request, stream, Call(id, call =>
        {
            call.Type = Protocol.V1.ResourceProvider.Call.Types.Type.UpdateState;
            call.UpdateState = new Call.Types.UpdateState
            {
                Resources = { resources }, ResourceVersionUuid = new UUID { Value = Version },
            };
        })));

    private void Outcome(long request, string id, OperationStatus status) =>
        _world.Apply(new AgentCommand.ProviderCalling(request, 1, Call(id, call =>
        {
            call.Type = Protocol.V1.ResourceProvider.Call.Types.Type.UpdateOperationStatus;
            call.UpdateOperationStatus = new Call.Types.UpdateOperationStatus
            {
                OperationUuid = new UUID { Value = Orders.Uuid(1) }, Status = status,
            };
        })));

    private AgentEffect.ReplyToProvider Reply() => _world.Effects.OfType<AgentEffect.ReplyToProvider>().Single();

    private Event Sent() => _world.Effects.OfType<AgentEffect.SendToProvider>().Single().Event;

    private IEnumerable<AgentMessage.Types.ResourceProvider> Told() =>
        _world.Sent().Single(static message => message.UpdateAgent is not null).UpdateAgent.ResourceProviders;
}
