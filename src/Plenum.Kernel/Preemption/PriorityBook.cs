namespace Plenum.Kernel.Preemption;

/// <summary>Priorities that an operator gave, by role. While there are none nothing is ever preempted.</summary>
internal sealed class PriorityBook
{
    private readonly SortedDictionary<string, int> _priorities = new(StringComparer.Ordinal);

    public bool IsEmpty => _priorities.Count == 0;

    public int Count => _priorities.Count;

    public IEnumerable<RolePriority> All => _priorities.Select(static pair => new RolePriority(pair.Key, pair.Value));

    public bool Has(string role) => _priorities.ContainsKey(role);

    /// <summary>
    /// Of the role itself or of the nearest one above it. A 0 of its own is kept: below a role with another
    /// priority it says something.
    /// </summary>
    public int Of(string role)
    {
        for (var path = role; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            if (_priorities.TryGetValue(path, out var priority))
            {
                return priority;
            }
        }

        return 0;
    }

    public void Set(RolePriority priority) => _priorities[priority.Role] = priority.Priority;

    public bool Remove(string role) => _priorities.Remove(role);
}
