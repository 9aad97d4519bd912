using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Tests.Resources;

/// <summary>
/// The obvious model of resource arithmetic: a bag of single thousandths, single ports and single items
/// for every identity. Slow, and without any of the tricks of the real one.
/// </summary>
internal sealed class SlowResources
{
    private readonly SortedDictionary<string, SortedDictionary<string, long>> _amounts = new(StringComparer.Ordinal);

    internal static SlowResources Of(IEnumerable<Resource> wire)
    {
        var model = new SlowResources();
        foreach (var resource in wire)
        {
            var cell = model.Cell(Identity(resource));
            switch (resource.Type)
            {
                case Value.Types.Type.Scalar:
                    Put(cell, "amount", cell.GetValueOrDefault("amount") + decimal.ToInt64((decimal)resource.Scalar.Value * 1000m));
                    break;
                case Value.Types.Type.Ranges:
                    foreach (var range in resource.Ranges.Range)
                    {
                        for (var port = range.Begin; port <= range.End; port++)
                        {
                            cell[$"{port:D10}"] = 1;
                        }
                    }

                    break;
                default:
                    foreach (var item in resource.Set.Item)
                    {
                        cell[item] = 1;
                    }

                    break;
            }
        }

        model.Clean();
        return model;
    }

    internal static SlowResources Of(ResourceSet set) => Of(set.ToWire());

    internal SlowResources Plus(SlowResources other) => Combine(other, isAddition: true);

    internal SlowResources Minus(SlowResources other) => Combine(other, isAddition: false);

    internal bool Contains(SlowResources other) => other._amounts.All(
        cell => _amounts.TryGetValue(cell.Key, out var mine)
            && cell.Value.All(amount => mine.GetValueOrDefault(amount.Key) >= amount.Value));

    public override string ToString() =>
        string.Join(" | ", _amounts.Select(c => $"{c.Key} {string.Join(',', c.Value.Select(a => $"{a.Key}={a.Value}"))}"));

    private SlowResources Combine(SlowResources other, bool isAddition)
    {
        var result = new SlowResources();
        foreach (var (identity, cell) in _amounts)
        {
            foreach (var (unit, amount) in cell)
            {
                result.Cell(identity)[unit] = amount;
            }
        }

        foreach (var (identity, cell) in other._amounts)
        {
            var mine = result.Cell(identity);
            foreach (var (unit, amount) in cell)
            {
                var before = mine.GetValueOrDefault(unit);
                var isCounted = string.Equals(unit, "amount", StringComparison.Ordinal);
                Put(mine, unit, isAddition ? (isCounted ? before + amount : 1) : before - amount);
            }
        }

        result.Clean();
        return result;
    }

    private SortedDictionary<string, long> Cell(string identity)
    {
        if (!_amounts.TryGetValue(identity, out var cell))
        {
            _amounts[identity] = cell = new SortedDictionary<string, long>(StringComparer.Ordinal);
        }

        return cell;
    }

    private static void Put(SortedDictionary<string, long> cell, string unit, long amount)
    {
        if (amount > 0)
        {
            cell[unit] = amount;
        }
        else
        {
            cell.Remove(unit);
        }
    }

    private void Clean()
    {
        foreach (var identity in _amounts.Where(c => c.Value.Count == 0).Select(c => c.Key).ToList())
        {
            _amounts.Remove(identity);
        }
    }

    // Generated resources are in the refined format, with labels already in order: text is identity enough.
    private static string Identity(Resource resource)
    {
        var bare = resource.Clone();
        bare.Scalar = null;
        bare.Ranges = null;
        bare.Set = null;
        return bare.ToString();
    }
}
