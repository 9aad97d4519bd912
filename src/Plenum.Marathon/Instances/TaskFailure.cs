using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Instances;

/// <summary>The last failure of a service, shown as <c>lastTaskFailure</c>. One per service is kept.</summary>
internal sealed record TaskFailure(
    PathId App,
    string TaskId,
    string State,
    string Message,
    string Host,
    DateTimeOffset Timestamp,
    Timestamp Version,
    string? AgentId)
{
    /// <summary>When the instance it ended was started; null where that was not kept.</summary>
    public DateTimeOffset? StartedAt { get; init; }
}
