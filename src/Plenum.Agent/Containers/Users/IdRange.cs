namespace Plenum.Agent.Containers.Users;

/// <summary>The machine's ids of users and groups that are one container's: its root is the first of them.</summary>
internal readonly record struct IdRange(uint First)
{
    /// <summary>As many as a container has names for: images use ids up to 65534, which is nobody.</summary>
    public const uint Count = 65_536;

    /// <summary>The line of /proc/PID/uid_map that gives a namespace these ids.</summary>
    public string Map => $"0 {First} {Count}\n";

    public bool Overlaps(IdRange other) => First < (ulong)other.First + Count && other.First < (ulong)First + Count;
}
