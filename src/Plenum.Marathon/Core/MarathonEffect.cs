using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Core;

/// <summary>
/// What the core wants done. Rule of the shell: the writes of a request, and of every request before it,
/// are durable before any other effect of it, or its answer, leaves.
/// </summary>
internal abstract record MarathonEffect
{
    private MarathonEffect()
    {
    }

    /// <summary>Put, or when <paramref name="Value"/> is null delete, one entry.</summary>
    internal sealed record Write(string Key, byte[]? Value) : MarathonEffect;

    /// <summary>A call to the master, in order. The shell fills in the framework id.</summary>
    internal sealed record Send(Call Call) : MarathonEffect;

    internal sealed record Publish(MarathonEvent Event) : MarathonEffect;

    /// <summary>Perform one probe and report its outcome under its id.</summary>
    internal sealed record Probe(ProbeRequest Request) : MarathonEffect;
}
