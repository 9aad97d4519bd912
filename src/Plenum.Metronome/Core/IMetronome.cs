using Plenum.Marathon.Events;
using Plenum.Metronome.Events;

namespace Plenum.Metronome.Core;

/// <summary>The scheduler as its API sees it.</summary>
internal interface IMetronome
{
    MetronomeOptions Options { get; }

    MetronomeSnapshot Snapshot { get; }

    EventHub<JobEvent> Events { get; }

    /// <summary>Has the core carry out a request; returns when what it decided is stored.</summary>
    Task<JobResult> RequestAsync(
        Func<MetronomeCore, CoreTime, List<MetronomeEffect>, JobResult> perform, CancellationToken cancellationToken);
}
