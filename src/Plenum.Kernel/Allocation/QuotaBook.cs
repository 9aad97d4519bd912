namespace Plenum.Kernel.Allocation;

/// <summary>The quotas in force, by role: parents before their children.</summary>
internal sealed class QuotaBook
{
    private readonly SortedDictionary<string, RoleQuota> _quotas = new(StringComparer.Ordinal);

    public bool IsEmpty => _quotas.Count == 0;

    public int Count => _quotas.Count;

    public IEnumerable<RoleQuota> All => _quotas.Values;

    /// <summary>
    /// Roles may hold more than they did when offers were last made, by no doing of the allocator: an
    /// agent came with tasks or reservations. The next run takes back offers above a limit.
    /// </summary>
    public bool IsDisturbed { get; set; }

    public RoleQuota? Find(string role) => _quotas.GetValueOrDefault(role);

    public void Set(RoleQuota quota)
    {
        if (quota.IsDefault)
        {
            _quotas.Remove(quota.Role);
        }
        else
        {
            _quotas[quota.Role] = quota;
        }
    }
}
