using System.Buffers;
using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

/// <summary>Prints a pod as clients read it.</summary>
internal static class PodWriter
{
    public static byte[] ToJson(PodDefinition pod)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, pod);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter writer, PodDefinition pod)
    {
        writer.WriteStartObject();
        writer.WriteString("id", pod.Id.Text);
        writer.WriteMap("labels", pod.Labels);
        writer.WriteString("version", pod.Version.ToString());
        writer.WriteOptional("user", pod.User);
        AppWriter.WriteEnvironment(writer, "environment", pod.Environment, omitEmpty: false);
        writer.WriteStartArray("containers");
        foreach (var container in pod.Containers)
        {
            PodContainerWriter.Write(writer, container);
        }

        writer.WriteEndArray();
        AppWriter.WriteSecrets(writer, pod.Secrets, omitEmpty: false);
        WriteVolumes(writer, pod.Volumes);
        NetworkWriter.WriteNetworks(writer, pod.Networks);
        WriteScaling(writer, pod);
        WriteScheduling(writer, pod);
        CheckWriter.WriteReadinessChecks(writer, pod);
        AppWriter.WriteExecutorResources(writer, pod.ExecutorResources);
        if (pod.Ipc is { } ipc)
        {
            ContainerWriter.WriteLinuxInfo(writer, new LinuxInfo(null, ipc));
        }

        writer.WriteString("role", pod.Role);
        writer.WriteBoolean("legacySharedCgroups", pod.LegacySharedCgroups);
        writer.WriteEndObject();
    }

    private static void WriteScaling(Utf8JsonWriter writer, PodDefinition pod)
    {
        writer.WriteStartObject("scaling");
        writer.WriteString("kind", pod.IsDaemon ? "daemon" : "fixed");
        writer.WriteNumber("instances", pod.Instances);
        if (pod.MaxInstances is { } most)
        {
            writer.WriteNumber("maxInstances", most);
        }

        writer.WriteEndObject();
    }

    private static void WriteScheduling(Utf8JsonWriter writer, PodDefinition pod)
    {
        writer.WriteStartObject("scheduling");
        writer.WriteStartObject("backoff");
        writer.WriteDouble("backoff", pod.BackoffSeconds);
        writer.WriteDouble("backoffFactor", pod.BackoffFactor);
        writer.WriteDouble("maxLaunchDelay", pod.MaxLaunchDelaySeconds);
        writer.WriteEndObject();
        writer.WriteStartObject("upgrade");
        writer.WriteDouble("minimumHealthCapacity", pod.UpgradeStrategy.MinimumHealthCapacity);
        writer.WriteDouble("maximumOverCapacity", pod.UpgradeStrategy.MaximumOverCapacity);
        AppWriter.WriteAutoRevert(writer, pod.UpgradeStrategy);
        AppWriter.WriteCanary(writer, pod.UpgradeStrategy);
        writer.WriteEndObject();
        writer.WriteStartObject("placement");
        WriteConstraints(writer, pod.Constraints);
        PlacementWriter.WriteMembers(writer, pod.Placement);
        writer.WriteTexts("acceptedResourceRoles", pod.AcceptedResourceRoles);
        writer.WriteEndObject();
        writer.WriteString("killSelection", WireNames.KillSelections.Of(pod.KillSelection));
        AppWriter.WriteUnreachable(writer, pod.UnreachableStrategy);
        writer.WriteEndObject();
    }

    // Objects here, arrays in apps.
    private static void WriteConstraints(Utf8JsonWriter writer, ValueList<Constraint> constraints)
    {
        writer.WriteStartArray("constraints");
        foreach (var constraint in constraints)
        {
            writer.WriteStartObject();
            writer.WriteString("fieldName", constraint.Field);
            writer.WriteString("operator", WireNames.ConstraintOperators.Of(constraint.Operator));
            writer.WriteOptional("value", constraint.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteVolumes(Utf8JsonWriter writer, ValueList<PodVolume> volumes)
    {
        writer.WriteStartArray("volumes");
        foreach (var volume in volumes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", volume.Name);
            switch (volume)
            {
                case PodVolume.Host host:
                    writer.WriteString("host", host.HostPath);
                    break;
                case PodVolume.Secret secret:
                    writer.WriteString("secret", secret.SecretName);
                    break;
                case PodVolume.Persistent persistent:
                    ContainerWriter.WritePersistent(writer, persistent.Disk);
                    break;
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
