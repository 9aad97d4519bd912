using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>Last answer of a readiness check during a deployment.</summary>
internal sealed record ReadinessResult(string Name, InstanceId Instance, bool Ready, ReadinessResponse? LastResponse);

/// <summary>What the service said; a transport failure appears as status 504, text/plain.</summary>
internal sealed record ReadinessResponse(int Status, string ContentType, string Body);
