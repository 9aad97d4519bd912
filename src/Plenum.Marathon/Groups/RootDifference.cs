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

        CompareApps(before, after);
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

    private void CompareApps(Group? before, Group? after)
    {
        if (ReferenceEquals(before?.Apps, after?.Apps))
        {
            return;
        }

        foreach (var (id, app) in (IEnumerable<KeyValuePair<PathId, AppDefinition>>?)before?.Apps ?? [])
        {
            var next = after?.Apps.GetValueOrDefault(id);
            if (!ReferenceEquals(app, next))
            {
                Services.Add(new ServiceChange(id, app, next));
            }
        }

        foreach (var (id, app) in (IEnumerable<KeyValuePair<PathId, AppDefinition>>?)after?.Apps ?? [])
        {
            if (before?.Apps.ContainsKey(id) != true)
            {
                Services.Add(new ServiceChange(id, null, app));
            }
        }
    }
}
