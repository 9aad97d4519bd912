using Plenum.Kernel.Allocation;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Preemption;

/// <summary>
/// No role, and none above it, may be brought below what quota guarantees it. Counted is what is reserved or in
/// use and not about to end: offers may be answered by nothing.
/// </summary>
internal sealed class GuaranteeGuard
{
    private readonly ClusterBook _book;
    private readonly Dictionary<string, ScalarTotals> _held;
    private readonly Dictionary<string, ScalarTotals> _taken = new(StringComparer.Ordinal);

    public GuaranteeGuard(ClusterBook book)
    {
        _book = book;
        _held = book.Quotas.IsEmpty ? new(StringComparer.Ordinal) : RoleConsumption.Of(book);
        if (_held.Count == 0)
        {
            return;
        }

        foreach (var agent in book.Agents.Values)
        {
            foreach (var task in agent.Tasks)
            {
                if (task is { KillRequested: true, HoldsResources: true })
                {
                    TakeFrom(_held, task);
                }
            }
        }
    }

    /// <summary>A new choice: nothing is taken yet but what <see cref="Settle"/> made final.</summary>
    public void Begin() => _taken.Clear();

    public bool Allows(TaskEntry task)
    {
        for (var path = task.Role; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            if (_book.Quotas.Find(path) is not { } quota)
            {
                continue;
            }

            foreach (ref readonly var entry in task.Record.Resources.Entries)
            {
                if (quota.Guarantees.TryGetValue(entry.Name, out var guarantee)
                    && entry.Kind == Value.Types.Type.Scalar
                    && Left(path, entry.Name) - entry.Millis < guarantee)
                {
                    return false;
                }
            }
        }

        return true;
    }

    public void Take(TaskEntry task) => TakeFrom(_taken, task);

    /// <summary>The task ends; whatever is chosen later reckons without it.</summary>
    public void Settle(TaskEntry task) => TakeFrom(_held, task);

    private static void TakeFrom(Dictionary<string, ScalarTotals> from, TaskEntry task)
    {
        for (var path = task.Role; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            if (!from.TryGetValue(path, out var totals))
            {
                from.Add(path, totals = new ScalarTotals());
            }

            totals.Subtract(task.Record.Resources.Unreserved.NonRevocable);
        }
    }

    private long Left(string role, string name) =>
        (_held.GetValueOrDefault(role)?.Of(name) ?? 0) + (_taken.GetValueOrDefault(role)?.Of(name) ?? 0);
}
