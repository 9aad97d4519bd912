using Plenum.Metronome.Events;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Metronome.Core;

/// <summary>
/// What the core wants done. Rule of the shell: the writes of a request, and of every request before it, are durable
/// before any other effect of it, or its answer, leaves.
/// </summary>
internal abstract record MetronomeEffect
{
    private MetronomeEffect()
    {
    }

    /// <summary>Put, or when <paramref name="Value"/> is null delete, one entry.</summary>
    internal sealed record Write(string Key, byte[]? Value) : MetronomeEffect;

    /// <summary>A call to the master, in order. The shell fills in the framework id.</summary>
    internal sealed record Send(Call Call) : MetronomeEffect;

    internal sealed record Publish(JobEvent Event) : MetronomeEffect;
}
