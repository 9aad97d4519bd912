using Plenum.Protocol.V1.Quota;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// What a role and those below it are promised together and may never exceed together, in thousandths by
/// name. A name without a limit is not limited.
/// </summary>
internal sealed class RoleQuota
{
    private const double MillisPerUnit = 1000;

    public RoleQuota(QuotaConfig wire)
    {
        Wire = wire;
        Guarantees = Read(wire.Guarantees);
        Limits = Read(wire.Limits);
    }

    public string Role => Wire.Role;

    /// <summary>Never changed.</summary>
    public QuotaConfig Wire { get; }

    public SortedDictionary<string, long> Guarantees { get; }

    public SortedDictionary<string, long> Limits { get; }

    /// <summary>Neither promises nor forbids anything: the same as no quota.</summary>
    public bool IsDefault => Limits.Count == 0 && Guarantees.Values.All(static millis => millis == 0);

    private static SortedDictionary<string, long> Read(
        IEnumerable<KeyValuePair<string, Plenum.Protocol.V1.Value.Types.Scalar>> amounts)
    {
        var millis = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, scalar) in amounts)
        {
            millis[name] = (long)Math.Round(scalar.Value * MillisPerUnit);
        }

        return millis;
    }
}
