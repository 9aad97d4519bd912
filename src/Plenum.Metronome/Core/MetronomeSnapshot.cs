using System.Collections.Immutable;

namespace Plenum.Metronome.Core;

/// <summary>What readers see: everything as of one moment.</summary>
internal sealed record MetronomeSnapshot(
    ImmutableSortedDictionary<string, Job> Jobs, string? FrameworkId, bool IsConnected);
