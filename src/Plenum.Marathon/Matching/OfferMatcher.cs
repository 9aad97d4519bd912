using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>Judges one offer for one more instance of an app, and cuts its resources when it fits.</summary>
internal static class OfferMatcher
{
    public const string GpuBehaviourLabel = "GPU_SCHEDULING_BEHAVIOR";

    public static OfferMatch Match(MatchRequest request, OfferPool pool, Random random)
    {
        var app = request.App;
        var roles = AcceptedRoles(app);
        var reasons = ImmutableArray.CreateBuilder<RejectReason>();

        // In the order of the reject summary: an offer counts at its first reason.
        if (!pool.HasAnyOf(roles))
        {
            reasons.Add(RejectReason.UnfulfilledRole);
        }

        var maintained = IsUnderMaintenance(request.Offer, request.Now);
        if (maintained
            || !IsInHomeRegion(app, request.Place, request.HomeRegion)
            || !ConstraintEvaluator.IsMet(app, request.Place, request.Placed, request.Known))
        {
            reasons.Add(RejectReason.UnfulfilledConstraint);
        }

        if (maintained)
        {
            reasons.Add(RejectReason.AgentMaintenance);
        }

        var needs = Needs(app);
        foreach (var (name, millis, reason) in needs)
        {
            if (pool.Available(name, roles) < millis)
            {
                reasons.Add(reason);
            }
        }

        var ports = PortPicker.Pick(app, pool.PortRanges(roles), random);
        if (ports is null)
        {
            reasons.Add(RejectReason.InsufficientPorts);
        }

        // A machine with gpus is too scarce for tasks that use none.
        if (app.Gpus == 0 && pool.Has("gpus") && !IsUnrestricted(app))
        {
            reasons.Add(RejectReason.DeclinedScarceResources);
        }

        if (reasons.Count > 0)
        {
            return new OfferMatch.Rejected(reasons.ToImmutable());
        }

        var taken = new List<Resource>();
        foreach (var (name, millis, _) in needs)
        {
            pool.Take(name, millis, roles, taken);
        }

        pool.TakePorts([.. ports!.Where(port => port.Host is not null).Select(port => port.Host!.Value)], roles, taken);
        return new OfferMatch.Fits(taken, ports!);
    }

    private static (string Name, long Millis, RejectReason Reason)[] Needs(AppDefinition app)
    {
        var executor = UsesCustomExecutor(app) ? app.ExecutorResources ?? new ExecutorResources() : null;
        return
        [
            ("cpus", OfferPool.ToMillis(app.Cpus + (executor?.Cpus ?? 0)), RejectReason.InsufficientCpus),
            ("mem", OfferPool.ToMillis(app.Mem + (executor?.Mem ?? 0)), RejectReason.InsufficientMemory),
            ("disk", OfferPool.ToMillis(app.Disk + (executor?.Disk ?? 0)), RejectReason.InsufficientDisk),
            ("gpus", OfferPool.ToMillis(app.Gpus), RejectReason.InsufficientGpus),
        ];
    }

    internal static bool UsesCustomExecutor(AppDefinition app) => app.Executor is not ("" or "//cmd");

    private static IReadOnlyCollection<string> AcceptedRoles(AppDefinition app) =>
        app.AcceptedResourceRoles.IsEmpty ? ["*", app.Role] : app.AcceptedResourceRoles;

    private static bool IsUnrestricted(AppDefinition app) =>
        app.Labels.TryGetValue(GpuBehaviourLabel, out var behaviour)
        && string.Equals(behaviour, "unrestricted", StringComparison.OrdinalIgnoreCase);

    /// <summary>Who does not ask for a region or zone stays where the master is.</summary>
    private static bool IsInHomeRegion(AppDefinition app, AgentPlace place, string? homeRegion) =>
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
