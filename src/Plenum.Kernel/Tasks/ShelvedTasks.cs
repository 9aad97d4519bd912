using System.Diagnostics.CodeAnalysis;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;

namespace Plenum.Kernel.Tasks;

/// <summary>
/// A framework's tasks of one kind on agents that are away, until those return. The oldest are forgotten beyond the
/// bound; reconciliation by agent then still answers rightly, from the agent's standing.
/// </summary>
internal sealed class ShelvedTasks(int capacity)
{
    private readonly Dictionary<TaskId, LinkedListNode<TaskRecord>> _byId = [];
    private readonly LinkedList<TaskRecord> _byAge = new();
    private IReadOnlyList<TaskRecord>? _frozen = [];

    public int Count => _byId.Count;

    /// <summary>Oldest first.</summary>
    public IEnumerable<TaskRecord> All => _byAge;

    /// <summary>The one that had to make room, if any: with a bound of zero the task itself.</summary>
    public TaskRecord? Add(TaskRecord task)
    {
        Remove(task.Id);
        _byId.Add(task.Id, _byAge.AddLast(task));
        _frozen = null;
        if (_byId.Count <= capacity || _byAge.First is not { Value: { } oldest })
        {
            return null;
        }

        Remove(oldest.Id);
        return oldest;
    }

    public bool Contains(TaskId task) => _byId.ContainsKey(task);

    public bool TryFind(TaskId task, [NotNullWhen(true)] out TaskRecord? found)
    {
        found = _byId.GetValueOrDefault(task)?.Value;
        return found is not null;
    }

    public bool Remove(TaskId task)
    {
        if (!_byId.Remove(task, out var node))
        {
            return false;
        }

        _byAge.Remove(node);
        _frozen = null;
        return true;
    }

    /// <summary>Takes out and returns all tasks of one agent, oldest first.</summary>
    public List<TaskRecord> TakeAllOf(AgentId agent)
    {
        var taken = new List<TaskRecord>();
        foreach (var task in _byAge)
        {
            if (task.AgentId == agent)
            {
                taken.Add(task);
            }
        }

        foreach (var task in taken)
        {
            Remove(task.Id);
        }

        return taken;
    }

    public IReadOnlyList<TaskRecord> Freeze() => _frozen ??= [.. _byAge];
}
