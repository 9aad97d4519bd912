namespace Plenum.Marathon.Core;

/// <summary>The queue of updates is full: the caller should come back later (503).</summary>
internal sealed class MarathonBusyException(int limit)
    : Exception($"more than {limit} updates wait to be carried out; try again later");
