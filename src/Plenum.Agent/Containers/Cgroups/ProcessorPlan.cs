namespace Plenum.Agent.Containers.Cgroups;

/// <summary>
/// Which processors of the machine belong to one container alone, and which all others share. Whoever asks for whole cpus gets
/// as many for itself, the highest free ones: the first ones serve most of a machine's interrupts. One always stays shared, so
/// that there is somewhere to run; whoever comes when too few are left shares as well, and goes on doing so.
/// </summary>
internal sealed class ProcessorPlan
{
    private readonly SortedSet<int> _shared;
    private readonly Dictionary<ContainerKey, IReadOnlyList<int>> _owned = [];
    private IReadOnlyList<int> _all;

    public ProcessorPlan(IEnumerable<int> all)
    {
        _shared = [.. all];
        _all = [.. _shared];
    }

    public IReadOnlyList<int> Shared => [.. _shared];

    /// <summary>What a container computes on: its own, or what is shared.</summary>
    public IReadOnlyList<int> Of(ContainerKey container) => _owned.GetValueOrDefault(container) ?? Shared;

    /// <summary>A container's own; none when it shares.</summary>
    public IReadOnlyList<int> OwnOf(ContainerKey container) => _owned.GetValueOrDefault(container) ?? [];

    /// <summary>
    /// How many a container should have for itself. Parts of a processor cannot be owned, lent ones belong to others, and who may
    /// take more than it asked for needs room for it.
    /// </summary>
    public static int Wanted(ContainerLimits limits) =>
        limits is { IsRevocable: false, Cpus: { } cpus } && cpus == Math.Floor(cpus) && cpus <= int.MaxValue && (limits.CpuLimit ?? cpus) <= cpus
            ? (int)cpus
            : 0;

    /// <summary>
    /// Processors were added to the machine or taken from it. A container keeps those of its own that are still there; one that
    /// has none left, or whose own are all there are, shares. True when anything changed.
    /// </summary>
    public bool Renew(IEnumerable<int> all)
    {
        int[] now = [.. all.Order()];
        if (now.Length == 0 || now.SequenceEqual(_all))
        {
            return false;
        }

        _all = now;
        _shared.Clear();
        _shared.UnionWith(now);
        foreach (var (container, owned) in _owned.ToArray())
        {
            _owned.Remove(container);
            Restore(container, owned);
        }

        return true;
    }

    /// <summary>Gives a container that many for itself, or none; what it had before goes back. True when anything changed.</summary>
    public bool Assign(ContainerKey container, int wanted)
    {
        if (OwnOf(container).Count == wanted)
        {
            return false;
        }

        var returned = Return(container);
        if (wanted == 0 || wanted >= _shared.Count)
        {
            return returned;
        }

        int[] taken = [.. _shared.Reverse().Take(wanted).Order()];
        _shared.ExceptWith(taken);
        _owned.Add(container, taken);
        return true;
    }

    /// <summary>What a container had when an earlier agent ran. A processor that is gone, or another's, is not its own any more.</summary>
    public void Restore(ContainerKey container, IEnumerable<int> owned)
    {
        int[] still = [.. owned.Where(_shared.Contains).Order()];
        if (still.Length > 0 && still.Length < _shared.Count)
        {
            _shared.ExceptWith(still);
            _owned.Add(container, still);
        }
    }

    /// <summary>The container is gone. True when others have more room now.</summary>
    public bool Return(ContainerKey container)
    {
        if (!_owned.Remove(container, out var owned))
        {
            return false;
        }

        _shared.UnionWith(owned.Where(_all.Contains));
        return true;
    }
}
