using System.Text;

namespace Plenum.Marathon.Definitions.Validation;

/// <summary>
/// About how large the launch of one instance of a pod becomes. The variables, labels and endpoints of the pod are in the
/// environment of each of its containers, what a volume is stands at each of its mounts, a secret's source wherever it is
/// named, and an endpoint's labels there for each protocol: a document of moderate size could become a message that nobody
/// can send or store.
/// </summary>
internal static class PodLaunchSize
{
    /// <summary>Four times the largest definition: no pod that anybody wrote by hand or from a package comes near.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    // ENDPOINT_, EP_HOST_ and EP_CONTAINER_.
    private const int VariablesOfEndpoint = 3;

    // What stands around a name and a value: the prefix of the variable, a port's digits, the frames of the message.
    private const int Frame = 32;

    public static long Of(PodDefinition pod)
    {
        var shared = OfVariables(pod, pod.Environment) + OfLabels(pod.Labels) + Of(pod.User)
            + pod.Endpoints.Sum(endpoint => VariablesOfEndpoint * Of(endpoint.Name));
        var volumes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var volume in pod.Volumes)
        {
            volumes[volume.Name] = OfVolume(pod, volume);
        }

        return pod.Containers.Sum(container =>
            shared + OfVariables(pod, container.Environment) + OfLabels(container.Labels)
            + OfSecret(pod, container.Image?.PullConfigSecret)
            + container.VolumeMounts.Sum(mount => Of(mount.MountPath) + volumes.GetValueOrDefault(mount.Name))
            + container.Endpoints.Sum(OfDiscovery));
    }

    private static long OfVariables(PodDefinition pod, ValueMap<EnvironmentValue> variables) =>
        variables.Sum(variable => Of(variable.Key) + variable.Value switch
        {
            EnvironmentValue.Text text => Of(text.Value),
            EnvironmentValue.Secret secret => OfSecret(pod, secret.Name),
            _ => throw new InvalidOperationException("an environment value is a text or a secret"),
        });

    // The key stands in the variable of the label and in the list of all labels.
    private static long OfLabels(ValueMap<string> labels) => labels.Sum(label => (2 * Of(label.Key)) + Of(label.Value));

    private static long OfDiscovery(PodEndpoint endpoint)
    {
        var port = Of(endpoint.Name) + OfLabels(endpoint.Labels);
        return endpoint.Protocols.IsEmpty ? port : endpoint.Protocols.Sum(protocol => port + Of(protocol));
    }

    private static long OfVolume(PodDefinition pod, PodVolume volume) => Of(volume.Name) + volume switch
    {
        PodVolume.Host host => Of(host.HostPath),
        PodVolume.Secret secret => OfSecret(pod, secret.SecretName),
        _ => 0,
    };

    private static long OfSecret(PodDefinition pod, string? name) =>
        name is null ? 0 : Of(name) + Of(pod.Secrets.GetValueOrDefault(name));

    private static long Of(string? text) => Frame + Encoding.UTF8.GetByteCount(text ?? "");
}
