using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>What one launch is made of.</summary>
internal sealed record TaskRequest(
    AppDefinition App,
    string TaskId,
    AgentPlace Place,
    AssignedPort[] Ports,
    IReadOnlyList<Resource> Resources,
    string? EnvVarsPrefix,
    bool EnforceRole,
    string BridgeName);
