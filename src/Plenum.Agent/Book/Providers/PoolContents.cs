namespace Plenum.Agent.Book.Providers;

/// <summary>What the agent knows to lie in a storage pool.</summary>
/// <param name="Provider">Whose pool it is.</param>
/// <param name="Directory">The pool's.</param>
/// <param name="Disks">Those that are whole.</param>
/// <param name="UnderWay">Ids of those that an operation makes or removes just now, whatever there is of them.</param>
internal sealed record PoolContents(string Provider, string Directory, IReadOnlyList<DiskOrder> Disks, IReadOnlyList<string> UnderWay);
