namespace Plenum.Metronome.Shell;

/// <summary>The queue of requests is full: the caller should come back later (503).</summary>
internal sealed class MetronomeBusyException(int limit)
    : Exception($"more than {limit} requests wait to be carried out; try again later");
