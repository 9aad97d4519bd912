using Plenum.Protocol.Identity;

namespace Plenum.Kernel.Reconciliation;

/// <summary>
/// What a framework asked about tasks of agents that a new master still waits for. Mesos is silent and lets it ask
/// again; here each question is answered when its agent is back or given up.
/// </summary>
internal sealed class OpenQuestions
{
    /// <summary>As many tasks as a whole cluster of record ran. One more is not answered, and asked again.</summary>
    private const int MaxOpen = 100_000;

    private readonly Dictionary<AgentId, HashSet<TaskId>> _byAgent = [];
    private readonly HashSet<TaskId> _withoutAgent = [];
    private int _count;

    public bool IsEmpty => _count == 0 && !AsksForAll;

    /// <summary>It asked for every task: those of each agent follow when it is back.</summary>
    public bool AsksForAll { get; set; }

    public void Add(TaskId task, AgentId? agent)
    {
        if (_count >= MaxOpen)
        {
            return;
        }

        var tasks = _withoutAgent;
        if (agent is { } id && !_byAgent.TryGetValue(id, out tasks))
        {
            tasks = [];
            _byAgent.Add(id, tasks);
        }

        _count += tasks!.Add(task) ? 1 : 0;
    }

    public IReadOnlyCollection<TaskId> Take(AgentId agent)
    {
        if (!_byAgent.Remove(agent, out var tasks))
        {
            return [];
        }

        _count -= tasks.Count;
        return tasks;
    }

    /// <summary>True when this task was asked for without an agent.</summary>
    public bool TakeWithoutAgent(TaskId task)
    {
        if (!_withoutAgent.Remove(task))
        {
            return false;
        }

        _count--;
        return true;
    }

    public IReadOnlyCollection<TaskId> TakeAllWithoutAgent()
    {
        TaskId[] taken = [.. _withoutAgent];
        _withoutAgent.Clear();
        _count -= taken.Length;
        return taken;
    }

    public void Clear()
    {
        _byAgent.Clear();
        _withoutAgent.Clear();
        _count = 0;
        AsksForAll = false;
    }
}
