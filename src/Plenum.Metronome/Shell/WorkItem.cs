using Plenum.Marathon.Shell;
using Plenum.Metronome.Core;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Metronome.Shell;

/// <summary>What waits for its turn in the loop.</summary>
internal abstract record WorkItem
{
    private WorkItem()
    {
    }

    /// <summary>A call of the API or of the link: carried out by the core; answered after its effects are stored.</summary>
    internal sealed record Request(Func<MetronomeCore, CoreTime, List<MetronomeEffect>, object> Perform) : WorkItem
    {
        public TaskCompletionSource<object> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed record SchedulerEvents(IReadOnlyList<Event> Events) : WorkItem;

    /// <summary>Calls go to this connection from here on.</summary>
    internal sealed record Connected(CallSender Sender) : WorkItem;

    internal sealed record Disconnected : WorkItem;

    internal sealed record Tick : WorkItem;
}
