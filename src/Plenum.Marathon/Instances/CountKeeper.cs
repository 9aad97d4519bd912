using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;

namespace Plenum.Marathon.Instances;

/// <summary>
/// Keeps services that no deployment works on at their count: replaces what was lost, ends what is too much, ends
/// instances of services that do not exist.
/// </summary>
internal sealed class CountKeeper(CoreContext context, RootBook roots, InstanceBook book, InstanceActions actions)
{
    public void Settle(PathId path)
    {
        if (roots.Find(path) is not { } app)
        {
            actions.DecommissionAll(path);
            if (book.Of(path).Instances.IsEmpty)
            {
                book.Forget(path);
            }

            return;
        }

        var candidates = book.InstancesOf(path).Where(instance => instance.IsCandidate).ToList();
        if (candidates.Count < app.Instances)
        {
            actions.Schedule(app, app.Instances - candidates.Count);
        }
        else if (candidates.Count > app.Instances)
        {
            foreach (var surplus in KillOrder.Select(app, candidates, candidates.Count - app.Instances, []))
            {
                actions.Retire(surplus);
            }
        }
    }

    /// <summary>Everything is looked at once in a while, in case a rule above missed a loss.</summary>
    public void UnsettleAll()
    {
        foreach (var app in roots.Root.AllSpecs)
        {
            context.Unsettle(app.Id);
        }

        // In an order of their own: that of a hash table is another in every process, and one seed must replay.
        foreach (var app in book.Apps.Keys.Order())
        {
            context.Unsettle(app);
        }
    }
}
