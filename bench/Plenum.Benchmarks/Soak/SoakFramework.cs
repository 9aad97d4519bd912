using Plenum.Kernel.Commands;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Benchmarks.Soak;

/// <summary>
/// One scheduler. Lasting ones lose their streams and come back for the whole hour under one id, with a failover timeout of
/// weeks; passing ones live for a minute or two and are followed by another of another name and role.
/// </summary>
internal sealed class SoakFramework(SoakWorld world, int number, bool lasts)
{
    private static readonly TimeSpan Weeks = TimeSpan.FromDays(30);

    private readonly List<Offer> _offers = [];
    private readonly List<TaskID> _running = [];
    private FrameworkInfo? _info;
    private SchedulerStreamId? _stream;
    private DateTimeOffset _end;

    /// <summary>Tasks it remembers, to kill one now and then.</summary>
    private const int MaxRemembered = 20;

    public FrameworkId? Id { get; private set; }

    public void Second()
    {
        if (_stream is not { } stream)
        {
            if (world.Chance(0.3))
            {
                Subscribe();
            }

            return;
        }

        if (!lasts && world.Now >= _end)
        {
            End(stream);
            return;
        }

        if (world.Chance(0.01))
        {
            // Its connection breaks; it comes back soon.
            _stream = null;
            _offers.Clear();
            world.Close(stream);
            return;
        }

        Answer();
        Chatter();
    }

    public void Hear(SchedulerStreamId stream, Event heard)
    {
        switch (heard.Type)
        {
            case Event.Types.Type.Subscribed:
                _info!.Id = heard.Subscribed.FrameworkId;
                Id = heard.Subscribed.FrameworkId;
                break;
            case Event.Types.Type.Offers:
                _offers.AddRange(heard.Offers.Offers_);
                break;
            case Event.Types.Type.Rescind:
                _offers.RemoveAll(offer => offer.Id.Equals(heard.Rescind.OfferId));
                break;
            case Event.Types.Type.InverseOffers:
                foreach (var inverse in heard.InverseOffers.InverseOffers_)
                {
                    Say(new Call
                    {
                        Type = Call.Types.Type.DeclineInverseOffers,
                        DeclineInverseOffers = new Call.Types.DeclineInverseOffers { InverseOfferIds = { inverse.Id }, Filters = new Filters { RefuseSeconds = 1e6 } },
                    });
                }

                break;
            case Event.Types.Type.Update when heard.Update.Status is { HasUuid: true } status:
                Say(new Call
                {
                    Type = Call.Types.Type.Acknowledge,
                    Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
                });
                break;
            case Event.Types.Type.UpdateOperationStatus when heard.UpdateOperationStatus.Status is { Uuid: { } uuid } status:
                Say(new Call
                {
                    Type = Call.Types.Type.AcknowledgeOperationStatus,
                    AcknowledgeOperationStatus = new Call.Types.AcknowledgeOperationStatus { AgentId = status.AgentId, OperationId = status.OperationId, Uuid = uuid.Value },
                });
                break;
        }
    }

    public void Ended(SchedulerStreamId stream)
    {
        if (_stream == stream)
        {
            _stream = null;
            _offers.Clear();

            // Removed by an operator or for good: whoever comes next is another.
            _info = null;
            Id = null;
        }
    }

    private void Subscribe()
    {
        _end = world.Now + TimeSpan.FromSeconds(world.Random.Next(60, 180));
        _info ??= new FrameworkInfo
        {
            Name = $"framework-{number}-{world.NextNumber()}",
            User = "root",
            FailoverTimeout = lasts ? Weeks.TotalSeconds : world.Random.Next(2) * 60,
            Roles = { lasts ? $"role-{number % 6}" : $"passing/{world.NextNumber()}" },
            Capabilities =
            {
                new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.MultiRole },
                new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.PartitionAware },
                new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.ReservationRefinement },
            },
        };
        var call = new Call { Type = Call.Types.Type.Subscribe, Subscribe = new Call.Types.Subscribe { FrameworkInfo = _info.Clone() }, FrameworkId = _info.Id };
        _stream = world.Subscribe(this, call);
    }

    private void End(SchedulerStreamId stream)
    {
        if (world.Chance(0.5))
        {
            Say(new Call { Type = Call.Types.Type.Teardown });
            return;
        }

        // Never seen again: removed when its failover timeout is over.
        _stream = null;
        _info = null;
        Id = null;
        _offers.Clear();
        world.Close(stream);
    }

    private void Answer()
    {
        foreach (var offer in _offers)
        {
            if (world.Chance(0.1))
            {
                // Never answered: it expires.
                continue;
            }

            if (world.Chance(0.3))
            {
                Say(new Call
                {
                    Type = Call.Types.Type.Decline,
                    Decline = new Call.Types.Decline { OfferIds = { offer.Id }, Filters = new Filters { RefuseSeconds = world.Chance(0.2) ? 1e9 : world.Random.Next(60) } },
                });
                continue;
            }

            Accept(offer);
        }

        _offers.Clear();
    }

    private void Accept(Offer offer)
    {
        var accept = new Call.Types.Accept { OfferIds = { offer.Id }, Filters = new Filters { RefuseSeconds = world.Random.Next(20) } };
        var role = offer.AllocationInfo.Role;
        if (world.Chance(0.1))
        {
            // Reserved and given back in one call, with feedback for both.
            var reserved = ResourceSet.Parse("disk:10").AllocatedTo(role).ToWire()[0].Clone();
            reserved.Reservations.Add(new Resource.Types.ReservationInfo { Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = role });
            accept.Operations.Add(new Operation
            {
                Type = OperationType.Reserve, Id = new OperationID { Value = $"op-{world.NextNumber()}" }, Reserve = new Operation.Types.Reserve { Resources = { reserved } },
            });
            accept.Operations.Add(new Operation
            {
                Type = OperationType.Unreserve, Id = new OperationID { Value = $"op-{world.NextNumber()}" }, Unreserve = new Operation.Types.Unreserve { Resources = { reserved.Clone() } },
            });
        }

        var launch = new Operation.Types.Launch();
        for (var count = world.Random.Next(1, 5); count > 0; count--)
        {
            var task = new TaskInfo
            {
                Name = "soak", TaskId = new TaskID { Value = $"task-{world.NextNumber()}" }, AgentId = offer.AgentId, Command = new CommandInfo { Value = "true" },
            };
            task.Resources.AddRange(ResourceSet.Parse("cpus:0.2;mem:64").AllocatedTo(role).ToWire().Select(resource => resource.Clone()));
            launch.TaskInfos.Add(task);
            world.Launched++;
            _running.Add(task.TaskId);
        }

        if (_running.Count > MaxRemembered)
        {
            _running.RemoveRange(0, _running.Count - MaxRemembered);
        }

        accept.Operations.Add(new Operation { Type = OperationType.Launch, Launch = launch });
        Say(new Call { Type = Call.Types.Type.Accept, Accept = accept });
    }

    /// <summary>The other calls, each now and then.</summary>
    private void Chatter()
    {
        switch (world.Random.Next(60))
        {
            case 0:
                Say(new Call { Type = Call.Types.Type.Reconcile, Reconcile = new Call.Types.Reconcile() });
                break;
            case 1:
                Say(new Call
                {
                    Type = Call.Types.Type.Reconcile,
                    Reconcile = new Call.Types.Reconcile
                    {
                        Tasks = { new Call.Types.Reconcile.Types.Task { TaskId = new TaskID { Value = $"never-{world.NextNumber()}" }, AgentId = new AgentID { Value = $"soak-S{world.Random.Next(200)}" } } },
                    },
                });
                break;
            case 2 or 3 when _running.Count > 0:
                Say(new Call { Type = Call.Types.Type.Kill, Kill = new Call.Types.Kill { TaskId = _running[world.Random.Next(_running.Count)] } });
                break;
            case 4:
                Say(new Call { Type = Call.Types.Type.Suppress });
                break;
            case 5 or 6 or 7:
                Say(new Call { Type = Call.Types.Type.Revive });
                break;
            case 8:
                Say(new Call { Type = Call.Types.Type.ReconcileOperations, ReconcileOperations = new Call.Types.ReconcileOperations() });
                break;
            case 9 when lasts:
                var changed = _info!.Clone();
                changed.Labels = new Labels { Labels_ = { new Label { Key = "n", Value = $"{world.NextNumber()}" } } };
                changed.Roles.Add($"side-{world.Random.Next(50)}");
                Say(new Call { Type = Call.Types.Type.UpdateFramework, UpdateFramework = new Call.Types.UpdateFramework { FrameworkInfo = changed } });
                break;
        }
    }

    private void Say(Call call)
    {
        if (_stream is { } stream && _info?.Id is { } id)
        {
            call.FrameworkId = id;
            world.Later(new KernelCommand.SchedulerCall(stream, call));
        }
    }
}
