using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Matching;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Reservations;

/// <summary>
/// Reservations of instances in offers: finds those that belong to somebody, takes apart those that belong to nobody,
/// and makes new ones.
/// </summary>
internal sealed class ReservedInstances(CoreContext context, InstanceBook book, LeftoverBook leftovers)
{
    /// <summary>An instance that waits for a task, and its own resources in the offer.</summary>
    internal sealed record Found(Instance Instance, IReadOnlyList<Resource> Resources);

    /// <summary>Goes through what the offer holds of ours. Nothing is ever taken apart that a known instance may have data on.</summary>
    public void Look(OfferTable table, Action<Found> launch)
    {
        if (context.FrameworkId is not { } frameworkId)
        {
            return;
        }

        var ours = table.Offer.Resources
            .Select(resource => (Resource: resource, Instance: ReservationLabels.InstanceOf(resource, frameworkId)))
            .Where(entry => entry.Instance is not null)
            .GroupBy(entry => entry.Instance!.Value, entry => entry.Resource)
            .OrderBy(group => group.Key)
            .ToList();
        foreach (var group in ours)
        {
            Look(table, group.Key, [.. group], launch);
        }

        leftovers.Offered(table.Offer.AgentId.Value, table.Role, [.. ours.Select(group => group.Key)]);
    }

    /// <summary>
    /// Asks for the resources of an instance, to be launched on when they come back as an offer. The request may be lost
    /// or dropped: after a while without the offer it is given up and made anew.
    /// </summary>
    public void Reserve(OfferTable table, RunSpec app, Instance waiting, OfferMatch.Fits fits)
    {
        var reservation = new Reservation(table.Offer.AgentId.Value, table.Role, context.Now)
        {
            Volumes = [.. fits.Volumes.Select(volume => new LocalVolume(volume.Volume.ContainerPath, context.NewGuid()))],
        };
        var instance = waiting with { Role = table.Role, Place = table.Place, Reservation = reservation };
        book.Put(instance);
        Arm(instance);
        table.Operations.AddRange(ReservationPlan.Make(
            instance,
            reservation,
            context.FrameworkId!,
            context.Options.Principal,
            fits.Resources,
            [.. fits.Volumes.Select(volume => volume.Disk)]));
    }

    /// <summary>The time after which a reservation that was not seen is given up; also after a restart.</summary>
    public void Arm(Instance instance)
    {
        if (instance.Reservation is { IsMade: false } reservation)
        {
            context.Timers.Set(
                new TimerKey(TimerKind.ReservationOverdue, instance.Id.Value),
                reservation.Since + context.Options.TaskReservationTimeout);
        }
    }

    public void Overdue(InstanceId id)
    {
        if (book.Find(id) is { Condition: Condition.Scheduled, Reservation: { IsMade: false } reservation } instance)
        {
            // If it was made all the same, it is a leftover: its volumes bear other names than the next ones.
            book.Put(instance with { Reservation = null, Place = null });
            leftovers.Add(id, reservation);
        }
    }

    private void Look(OfferTable table, InstanceId id, List<Resource> resources, Action<Found> launch)
    {
        var agent = table.Offer.AgentId.Value;
        if (book.Find(id) is not { Reservation: { } reservation } instance || reservation.AgentId != agent)
        {
            table.Operations.AddRange(ReservationPlan.TakeApart(resources));
            leftovers.TakenApart(id);
            return;
        }

        // Of an attempt that was given up and came about late; the names tell whose data it cannot hold.
        var known = reservation.Volumes.Select(volume => volume.PersistenceIdOf(instance.App)).ToHashSet(StringComparer.Ordinal);
        var strangers = resources.Where(resource =>
            ReservationPlan.IsVolume(resource) && !known.Contains(resource.Disk.Persistence.Id)).ToList();
        if (strangers.Count > 0)
        {
            table.Operations.AddRange(ReservationPlan.TakeApart(strangers));
            resources = [.. resources.Except(strangers)];
        }

        known.ExceptWith(resources.Where(ReservationPlan.IsVolume).Select(resource => resource.Disk.Persistence.Id));
        if (known.Count > 0)
        {
            return;
        }

        if (!reservation.IsMade)
        {
            context.Timers.Cancel(new TimerKey(TimerKind.ReservationOverdue, id.Value));
            instance = instance with { Reservation = reservation with { IsMade = true } };
            book.Put(instance);
        }

        if (instance is { Condition: Condition.Scheduled, Goal: Goal.Running })
        {
            launch(new Found(instance, resources));
        }
    }
}
