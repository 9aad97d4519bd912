using System.Globalization;
using Plenum.Marathon.Definitions;
using Environment = Plenum.Protocol.V1.Environment;

namespace Plenum.Marathon.Matching;

/// <summary>
/// The variables a container of a pod sees. Unlike an app's, the orchestrator's own win over the user's; all containers
/// see the endpoints of all of them.
/// </summary>
internal static class PodEnvironment
{
    public static Environment Build(PodRequest request, PodContainer container)
    {
        var pod = request.Pod;
        var own = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOST"] = request.Place.Host,
            ["MESOS_TASK_ID"] = request.TaskIdOf(container),
            ["MESOS_EXECUTOR_ID"] = request.ExecutorId,
            ["MARATHON_APP_ID"] = pod.Id.Text,
            ["MARATHON_APP_VERSION"] = pod.Version.ToString(),
            ["MARATHON_CONTAINER_ID"] = container.Name,
            ["MARATHON_CONTAINER_RESOURCE_CPUS"] = TaskEnvironment.Number(container.Cpus),
            ["MARATHON_CONTAINER_RESOURCE_MEM"] = TaskEnvironment.Number(container.Mem),
            ["MARATHON_CONTAINER_RESOURCE_DISK"] = TaskEnvironment.Number(container.Disk),
            ["MARATHON_CONTAINER_RESOURCE_GPUS"] = container.Gpus.ToString(CultureInfo.InvariantCulture),
        };
        TaskEnvironment.AddLabels(ValueMap<string>.From(pod.Labels.Concat(container.Labels)), own);
        AddEndpoints(request, own);

        var environment = new Environment();
        foreach (var (name, value) in own)
        {
            environment.Variables.Add(new Environment.Types.Variable { Name = name, Value = value });
        }

        foreach (var (name, value) in ValueMap<EnvironmentValue>.From(pod.Environment.Concat(container.Environment)))
        {
            if (!own.ContainsKey(name))
            {
                environment.Variables.Add(TaskEnvironment.UserVariable(pod, name, value));
            }
        }

        return environment;
    }

    private static void AddEndpoints(PodRequest request, SortedDictionary<string, string> variables)
    {
        var prefix = request.EnvVarsPrefix?.ToUpperInvariant();
        foreach (var port in request.Ports)
        {
            var name = TaskEnvironment.Sanitise(port.Name ?? "");
            variables[$"{prefix}ENDPOINT_{name}"] = Text(request.Pod.IsHostMode ? port.Effective : port.Container);
            if (port.Host is { } host)
            {
                variables[$"{prefix}EP_HOST_{name}"] = Text(host);
            }

            // In host mode there is no port but the host's.
            if (!request.Pod.IsHostMode)
            {
                variables[$"{prefix}EP_CONTAINER_{name}"] = Text(port.Container);
            }
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
