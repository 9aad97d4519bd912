using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;

namespace Plenum.Marathon.Placing;

/// <summary>
/// For services that others are placed near to or apart from: how many of their instances are at each place. Counted when a
/// service is asked for the first time, and kept up with each instance that comes and goes.
/// </summary>
internal sealed class PlaceIndex(InstanceBook book)
{
    // Services that rules named at any time; beyond it all are counted anew when they are asked for.
    private const int MaxApps = 10_000;

    private readonly Dictionary<PathId, PlaceCounts> _apps = [];
    private HashSet<PathId> _moved = [];

    /// <summary>Instances of the service with this value, whatever their version: they are all in the way, or all company.</summary>
    public int Count(PathId app, string field, string value) => Of(app).Count(field, value);

    public void Changed(Instance? before, Instance? after)
    {
        if (_apps.Count == 0
            || !_apps.TryGetValue((before ?? after)!.App, out var counts)
            || (Counts(before) == Counts(after) && before?.Place == after?.Place))
        {
            return;
        }

        _moved.Add((before ?? after)!.App);
        if (Counts(before))
        {
            counts.Removed(before!.Place!);
        }

        if (Counts(after))
        {
            counts.Added(after!.Place!);
        }
    }

    /// <summary>Services whose places changed since the last time: what was not possible because of them may be now.</summary>
    public IReadOnlySet<PathId> TakeMoved()
    {
        if (_moved.Count == 0)
        {
            return _moved;
        }

        var moved = _moved;
        _moved = [];
        return moved;
    }

    private PlaceCounts Of(PathId app)
    {
        if (!_apps.TryGetValue(app, out var counts))
        {
            if (_apps.Count >= MaxApps)
            {
                _apps.Clear();
            }

            _apps[app] = counts = new PlaceCounts(() => book.InstancesOf(app).Where(Counts).Select(instance => instance.Place!));
        }

        return counts;
    }

    /// <summary>It has a place that it takes up. One that was given up as unreachable may still run, but nothing waits for it.</summary>
    private static bool Counts(Instance? instance) =>
        instance is { Place: not null }
        && (instance.Condition.HasTask() || instance.Reservation is not null)
        && instance.Condition != Condition.UnreachableInactive;
}
