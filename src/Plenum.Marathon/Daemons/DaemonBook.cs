using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;
using Plenum.Protocol.V1;
using AgentPlace = Plenum.Marathon.Instances.AgentPlace;

namespace Plenum.Marathon.Daemons;

/// <summary>
/// Which agents there are for services that run on every one: those that made offers, or hold tasks of ours, and were not
/// reported lost since. Their number is such a service's instance count, kept in its definition as long as that is current;
/// all else (starting, replacing, ending) goes by the count, as for other services.
/// </summary>
/// <remarks>
/// An agent whose offers go to others, and which never had a task of ours, is not known: it is offered as soon as something of
/// it is free for one of our roles, since a role with such a service always wants offers.
/// </remarks>
internal sealed class DaemonBook(CoreContext context, RootBook roots, InstanceBook book)
{
    private readonly SortedDictionary<string, AgentPlace> _agents = new(StringComparer.Ordinal);

    // Agents that a service's constraints choose, as long as neither those nor the agents change.
    private readonly Dictionary<PathId, (RunSpec Of, HashSet<string> Agents)> _chosen = [];

    public string? HomeRegion { get; set; }

    /// <summary>
    /// Before the first offer it is not known where anything could run: an update would be over with as many instances as
    /// there are agents, none.
    /// </summary>
    public bool KnowsAgents => _agents.Count > 0;

    public void See(IEnumerable<Offer> offers)
    {
        var changed = false;
        foreach (var offer in offers)
        {
            changed |= Learn(AgentPlaces.PlaceOf(offer));
        }

        Changed(changed);
    }

    /// <summary>The agent is gone, or cannot be reached: what runs there keeps its place until it is given up.</summary>
    public void Lost(string agent) => Changed(_agents.Remove(agent));

    /// <summary>A new subscription: agents that went meanwhile were not reported. Those that are there will make offers.</summary>
    public void BeginAnew()
    {
        _agents.Clear();
        Changed(true);
    }

    /// <summary>How many instances a definition is to have.</summary>
    public int CountOf(RunSpec spec)
    {
        var chosen = ChosenBy(spec);
        HashSet<string>? more = null;
        foreach (var instance in book.InstancesOf(spec.Id))
        {
            // An agent that is not offered, or was lost, counts for as long as an instance on it does.
            if (IsThere(instance) && !chosen.Contains(instance.Place!.AgentId) && IsChosen(spec, instance.Place))
            {
                (more ??= []).Add(instance.Place.AgentId);
            }
        }

        return Math.Min(chosen.Count + (more?.Count ?? 0), Definitions.Reading.Bounds.MaxInstances);
    }

    /// <summary>Brings the count of the current definition up to date.</summary>
    public void Refresh(PathId app)
    {
        if (roots.Daemons.Contains(app) && roots.Find(app) is { } spec && CountOf(spec) is var count && count != spec.Instances)
        {
            roots.SetCount(spec, count);
        }
    }

    private static bool IsThere(Instance instance) =>
        instance.Place is not null && instance.Condition.HasTask()
        && (instance.Goal == Goal.Running ? instance.Condition != Condition.UnreachableInactive : !instance.Condition.IsUnreachable());

    private bool Learn(AgentPlace place)
    {
        if (_agents.TryGetValue(place.AgentId, out var known) ? IsSame(known, place) : _agents.Count >= AgentPlaces.MaxAgents)
        {
            return false;
        }

        _agents[place.AgentId] = place;
        return true;
    }

    private void Changed(bool changed)
    {
        if (!changed)
        {
            return;
        }

        _chosen.Clear();
        foreach (var app in roots.Daemons)
        {
            context.Unsettle(app);
        }
    }

    private HashSet<string> ChosenBy(RunSpec spec)
    {
        if (!_chosen.TryGetValue(spec.Id, out var known) || known.Of.Constraints != spec.Constraints)
        {
            _chosen[spec.Id] = known =
                (spec, [.. _agents.Values.Where(place => IsChosen(spec, place)).Select(place => place.AgentId)]);
        }

        return known.Agents;
    }

    private bool IsChosen(RunSpec spec, AgentPlace place) =>
        OfferMatcher.IsInHomeRegion(spec, place, HomeRegion) && ConstraintEvaluator.IsMet(spec, place, PlacedInstances.None(), new PlaceCounts(() => []));

    private static bool IsSame(AgentPlace one, AgentPlace other) =>
        (one.Host, one.Region, one.Zone) == (other.Host, other.Region, other.Zone)
        && one.Attributes.SequenceEqual(other.Attributes);
}
