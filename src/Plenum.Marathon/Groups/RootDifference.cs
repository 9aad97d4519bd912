using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Groups;

/// <summary>
/// What separates two roots. Subtrees that are the same object are not looked at, so that the cost follows the
/// change and not the size of the tree.
/// </summary>
internal sealed class RootDifference
{
    private readonly Dictionary<PathId, int> _places = [];

    private RootDifference()
    {
    }

    public List<ServiceChange> Services { get; } = [];

    public List<GroupChange> Groups { get; } = [];

    public static RootDifference Between(Group before, Group after)
    {
        var difference = new RootDifference();
        difference.Compare(before, after);
        difference.Services.Sort((left, right) => left.App.CompareTo(right.App));
        return difference;
    }

    private void Compare(Group? before, Group? after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        if (before is null || after is null
            || before.Dependencies != after.Dependencies || before.EnforceRole != after.EnforceRole)
        {
            Groups.Add(new GroupChange(
                (before ?? after)!.Id,
                before is null ? null : StoredGroup.From(before),
                after is null ? null : StoredGroup.From(after)));
        }

        Compare(before, after, group => group.Apps);
        Compare(before, after, group => group.Pods);
        foreach (var (id, child) in (IEnumerable<KeyValuePair<PathId, Group>>?)before?.Groups ?? [])
        {
            Compare(child, after?.Groups.GetValueOrDefault(id));
        }

        foreach (var (id, child) in (IEnumerable<KeyValuePair<PathId, Group>>?)after?.Groups ?? [])
        {
            if (before?.Groups.ContainsKey(id) != true)
            {
                Compare(null, child);
            }
        }
    }

    private void Compare<T>(Group? before, Group? after, Func<Group, ImmutableSortedDictionary<PathId, T>> specs)
        where T : RunSpec
    {
        var (old, current) = (before is null ? null : specs(before), after is null ? null : specs(after));
        if (ReferenceEquals(old, current))
        {
            return;
        }

        foreach (var (id, spec) in (IEnumerable<KeyValuePair<PathId, T>>?)old ?? [])
        {
            var next = current?.GetValueOrDefault(id);
            if (!ReferenceEquals(spec, next))
            {
                Add(new ServiceChange(id, spec, next));
            }
        }

        foreach (var (id, spec) in (IEnumerable<KeyValuePair<PathId, T>>?)current ?? [])
        {
            if (old?.ContainsKey(id) != true)
            {
                Add(new ServiceChange(id, null, spec));
            }
        }
    }

    /// <summary>A rollback of a group can turn an app into a pod or back: that is one change of one service.</summary>
    private void Add(ServiceChange change)
    {
        if (_places.TryAdd(change.App, Services.Count))
        {
            Services.Add(change);
        }
        else
        {
            var twin = _places[change.App];
            Services[twin] = new ServiceChange(
                change.App, Services[twin].Original ?? change.Original, Services[twin].Target ?? change.Target);
        }
    }
}
