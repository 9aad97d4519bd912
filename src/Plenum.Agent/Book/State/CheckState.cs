using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

internal sealed class CheckState
{
    public DateTimeOffset? NextAt { get; set; }

    /// <summary>Sequence number of the run whose answer is awaited.</summary>
    public long? Awaited { get; set; }

    /// <summary>Newest result; at first only the kind of check, which means "not yet run".</summary>
    public required CheckStatusInfo Result { get; set; }
}
