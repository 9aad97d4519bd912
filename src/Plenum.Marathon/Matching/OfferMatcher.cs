using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1;
using Volume = Plenum.Marathon.Definitions.Volume;

namespace Plenum.Marathon.Matching;

/// <summary>Judges one offer for one more instance of an app, and cuts its resources when it fits.</summary>
internal static class OfferMatcher
{
    public const string GpuBehaviourLabel = "GPU_SCHEDULING_BEHAVIOR";

    public static OfferMatch Match(MatchRequest request, OfferPool pool, Random random)
    {
        var app = request.App;
        var roles = AcceptedRoles(app);
        var reasons = new List<RejectReason>();

        // In the order of the reject summary: an offer counts at its first reason.
        if (!pool.HasAnyOf(roles))
        {
            reasons.Add(RejectReason.UnfulfilledRole);
        }

        var rule = JudgePlace(request, reasons);
        var needs = Needs(app);
        JudgeAmounts(needs, pool, roles, reasons);
        var disks = Disks(app, pool, roles);
        if (disks is null)
        {
            // In its place in the order, and once.
            reasons.Remove(RejectReason.InsufficientDisk);
            var at = reasons.FindIndex(reason => reason > RejectReason.InsufficientDisk);
            reasons.Insert(at < 0 ? reasons.Count : at, RejectReason.InsufficientDisk);
        }

        var ports = PortPicker.Pick(app, pool.PortRanges(roles), random);
        if (ports is null)
        {
            reasons.Add(RejectReason.InsufficientPorts);
        }

        // A machine with gpus is too scarce for tasks that use none.
        if (app.Demand.Gpus == 0 && pool.Has("gpus") && !IsUnrestricted(app))
        {
            reasons.Add(RejectReason.DeclinedScarceResources);
        }

        var cause = reasons.Count > 0 ? CauseOf(reasons[0], rule, needs, pool, roles) : default;
        pool.Decide(keep: reasons.Count == 0);
        return reasons.Count > 0
            ? new OfferMatch.Rejected([.. reasons], cause)
            : Cut(app, needs, pool, roles, ports!) with { Volumes = [.. disks!.Select(disk => TakeRoot(disk, pool, roles))] };
    }

    /// <summary>
    /// An instance on what is reserved for it: constraints hold but for those that count other instances, and gpus are
    /// no reason against it, since it can go nowhere else.
    /// </summary>
    public static OfferMatch MatchReserved(MatchRequest request, IReadOnlyList<Resource> resources, Random random)
    {
        var app = request.App;
        var pool = OfferPool.OfReservation(resources);
        var roles = resources.Select(OfferPool.RoleOf).ToHashSet(StringComparer.Ordinal);
        var reasons = new List<RejectReason>();
        var rule = JudgePlace(request, reasons);
        var needs = Needs(app);
        JudgeAmounts(needs, pool, roles, reasons);
        var ports = PortPicker.Pick(app, pool.PortRanges(roles), random);
        if (ports is null)
        {
            reasons.Add(RejectReason.InsufficientPorts);
        }

        if (reasons.Count > 0)
        {
            return new OfferMatch.Rejected([.. reasons], CauseOf(reasons[0], rule, needs, pool, roles));
        }

        var fits = Cut(app, needs, pool, roles, ports!);
        fits.Resources.AddRange(resources.Where(resource => resource.Disk?.Persistence is not null));
        return fits;
    }

    /// <summary>The rule that the agent does not meet, if there is one.</summary>
    private static object? JudgePlace(MatchRequest request, List<RejectReason> reasons)
    {
        var maintained = IsUnderMaintenance(request.Offer, request.Now);
        var rule = maintained ? "the agent is in maintenance"
            : !IsInHomeRegion(request.App, request.Place, request.HomeRegion) ? "the agent is not in the master's region"
            : request.BrokenRule
                ?? (object?)ConstraintEvaluator.FirstUnmet(request.App, request.Place, request.Placed, request.Known);
        if (rule is not null)
        {
            reasons.Add(RejectReason.UnfulfilledConstraint);
        }

        if (maintained)
        {
            reasons.Add(RejectReason.AgentMaintenance);
        }

        return rule;
    }

    private static RejectCause CauseOf(
        RejectReason reason,
        object? rule,
        (string Name, long Millis, RejectReason Reason)[] needs,
        OfferPool pool,
        IReadOnlyCollection<string> roles)
    {
        if (reason == RejectReason.UnfulfilledConstraint)
        {
            return new RejectCause(reason, rule);
        }

        foreach (var need in needs)
        {
            if (need.Reason == reason)
            {
                return new RejectCause(reason, OfferedMillis: pool.Available(need.Name, roles));
            }
        }

        return new RejectCause(reason);
    }

    private static void JudgeAmounts(
        (string Name, long Millis, RejectReason Reason)[] needs,
        OfferPool pool,
        IReadOnlyCollection<string> roles,
        List<RejectReason> reasons)
    {
        foreach (var (name, millis, reason) in needs)
        {
            if (pool.Available(name, roles) < millis)
            {
                reasons.Add(reason);
            }
        }
    }

    private static OfferMatch.Fits Cut(
        RunSpec app,
        (string Name, long Millis, RejectReason Reason)[] needs,
        OfferPool pool,
        IReadOnlyCollection<string> roles,
        AssignedPort[] ports)
    {
        var taken = new List<Resource>();
        foreach (var (name, millis, _) in needs)
        {
            pool.Take(name, millis, roles, taken);
        }

        pool.TakePorts([.. ports.Where(port => port.Host is not null).Select(port => port.Host!.Value)], roles, taken);
        return new OfferMatch.Fits(taken, ports);
    }

    /// <summary>
    /// The disk of each volume, null for one on the agent's own disk, which is cut later; or null as a whole when one
    /// finds none.
    /// </summary>
    private static List<(Volume.Persistent Volume, Resource? Disk)>? Disks(
        RunSpec app, OfferPool pool, IReadOnlyCollection<string> roles)
    {
        var disks = new List<(Volume.Persistent Volume, Resource? Disk)>();
        var root = OfferPool.ToMillis(app.Demand.Disk);
        foreach (var volume in app.PersistentVolumes)
        {
            if (volume.Type == PersistentVolumeType.Root)
            {
                root += OfferPool.ToMillis(volume.SizeMegabytes);
                disks.Add((volume, null));
            }
            else if (pool.TryTakeDisk(volume, roles) is { } source)
            {
                disks.Add((volume, source));
            }
            else
            {
                return null;
            }
        }

        return pool.Available("disk", roles) >= root ? disks : null;
    }

    private static (Volume.Persistent Volume, Resource Disk) TakeRoot(
        (Volume.Persistent Volume, Resource? Disk) wanted, OfferPool pool, IReadOnlyCollection<string> roles)
    {
        if (wanted.Disk is { } source)
        {
            return (wanted.Volume, source);
        }

        // Of one role only ("*"), thus one piece.
        var taken = new List<Resource>();
        pool.Take("disk", OfferPool.ToMillis(wanted.Volume.SizeMegabytes), roles, taken);
        var whole = taken[0].Clone();
        whole.Scalar.Value = wanted.Volume.SizeMegabytes;
        return (wanted.Volume, whole);
    }

    private static (string Name, long Millis, RejectReason Reason)[] Needs(RunSpec app)
    {
        var demand = app.Demand;
        return
        [
            ("cpus", OfferPool.ToMillis(demand.Cpus), RejectReason.InsufficientCpus),
            ("mem", OfferPool.ToMillis(demand.Mem), RejectReason.InsufficientMemory),
            ("disk", OfferPool.ToMillis(demand.Disk), RejectReason.InsufficientDisk),
            ("gpus", OfferPool.ToMillis(demand.Gpus), RejectReason.InsufficientGpus),
        ];
    }

    /// <summary>Reservations are made of what nobody has reserved.</summary>
    private static IReadOnlyCollection<string> AcceptedRoles(RunSpec app) =>
        app.IsResident ? ["*"]
        : app.AcceptedResourceRoles.IsEmpty ? ["*", app.Role] : app.AcceptedResourceRoles;

    private static bool IsUnrestricted(RunSpec app) =>
        app.IsDaemon
        || (app.Labels.TryGetValue(GpuBehaviourLabel, out var behaviour)
        && string.Equals(behaviour, "unrestricted", StringComparison.OrdinalIgnoreCase));

    /// <summary>Who does not ask for a region or zone stays where the master is.</summary>
    internal static bool IsInHomeRegion(RunSpec app, AgentPlace place, string? homeRegion) =>
        homeRegion is null
        || place.Region is null
        || place.Region == homeRegion
        || app.Constraints.Any(constraint => constraint.Field is "@region" or "@zone");

    private static bool IsUnderMaintenance(Offer offer, DateTimeOffset now)
    {
        if (offer.Unavailability is not { } unavailability)
        {
            return false;
        }

        var nowNanoseconds = (Int128)now.ToUnixTimeMilliseconds() * 1_000_000;
        Int128 start = unavailability.Start.Nanoseconds;
        return start <= nowNanoseconds
            && (unavailability.Duration is null || nowNanoseconds < start + unavailability.Duration.Nanoseconds);
    }
}
