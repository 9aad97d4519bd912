using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// Running sums of scalars by name. A handful of names at most, so a scan beats a hash; the sums of a
/// role or framework span agents, where ranges have no meaning.
/// </summary>
internal sealed class ScalarTotals
{
    private string[] _names = new string[4];
    private long[] _millis = new long[4];

    public int Count { get; private set; }

    public bool IsZero
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                if (_millis[i] != 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    public (string Name, long Millis) this[int index] => (_names[index], _millis[index]);

    public long Of(string name)
    {
        for (var i = 0; i < Count; i++)
        {
            if (string.Equals(_names[i], name, StringComparison.Ordinal))
            {
                return _millis[i];
            }
        }

        return 0;
    }

    public void Add(string name, long millis) => Slot(name) += millis;

    public void Add(ResourceSet resources) => Change(resources, 1);

    public void Subtract(ResourceSet resources) => Change(resources, -1);

    public ResourceQuantities ToQuantities()
    {
        var amounts = new KeyValuePair<string, long>[Count];
        for (var i = 0; i < Count; i++)
        {
            amounts[i] = new(_names[i], _millis[i]);
        }

        return ResourceQuantities.From(amounts);
    }

    private void Change(ResourceSet resources, int sign)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.Kind == Value.Types.Type.Scalar)
            {
                Slot(entry.Name) += sign * entry.Millis;
            }
        }
    }

    private ref long Slot(string name)
    {
        for (var i = 0; i < Count; i++)
        {
            if (ReferenceEquals(_names[i], name) || string.Equals(_names[i], name, StringComparison.Ordinal))
            {
                return ref _millis[i];
            }
        }

        if (Count == _names.Length)
        {
            Array.Resize(ref _names, Count * 2);
            Array.Resize(ref _millis, Count * 2);
        }

        _names[Count] = name;
        return ref _millis[Count++];
    }
}
