using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>What the launch of one instance of a pod is made of.</summary>
/// <param name="Ports">Of all endpoints, in the order of the definition.</param>
internal sealed record PodRequest(
    PodDefinition Pod,
    InstanceId Instance,
    int Incarnation,
    string FrameworkId,
    AgentPlace Place,
    AssignedPort[] Ports,
    IReadOnlyList<Resource> Resources,
    string? EnvVarsPrefix,
    string BridgeName)
{
    public string ExecutorId => Instance.ExecutorIdOf(Incarnation);

    public string TaskIdOf(PodContainer container) => Instance.TaskIdOf(container.Name, Incarnation);

    /// <summary>Where a container listens under the name of an endpoint, seen from inside the pod's network.</summary>
    public int InsidePort(string endpoint)
    {
        var port = Ports.First(port => port.Name == endpoint);
        return Pod.IsHostMode ? port.Effective : port.Container;
    }
}
