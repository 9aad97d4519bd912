using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>
/// What readers see of the queue, kept up to date piece by piece: with ten thousand services waiting, a snapshot must not
/// cost a walk over all of them.
/// </summary>
internal sealed class QueueItems(CoreContext context)
{
    private readonly Dictionary<PathId, QueueItem> _items = [];
    private readonly SortedDictionary<(DateTimeOffset Since, PathId App), QueueItem> _inOrder = [];
    private ImmutableArray<QueueItem> _shown = [];

    /// <param name="find">The item of a service, or null when nothing of it waits: asked for what changed only.</param>
    public ImmutableArray<QueueItem> Shown(Func<PathId, QueueItem?> find)
    {
        if (context.QueueTouched.Count == 0)
        {
            return _shown;
        }

        foreach (var path in context.QueueTouched)
        {
            if (_items.Remove(path, out var old))
            {
                _inOrder.Remove((old.Since, path));
            }

            if (find(path) is { } item)
            {
                _items.Add(path, item);
                _inOrder.Add((item.Since, path), item);
            }
        }

        context.QueueTouched.Clear();
        return _shown = [.. _inOrder.Values];
    }
}
