using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Snapshots;

/// <summary>One executor that a framework brought; command tasks have none.</summary>
public sealed record ExecutorRecord(
    FrameworkId FrameworkId, ExecutorId Id, AgentId AgentId, ExecutorInfo Info, ResourceSet Resources);
