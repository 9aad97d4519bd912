using Plenum.Marathon.Instances;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>An instance without a task, since when, and for one with volumes the machine that it waits for.</summary>
internal sealed record WaitingInstance(InstanceId Id, DateTimeOffset Since, string? ReservedOn);
