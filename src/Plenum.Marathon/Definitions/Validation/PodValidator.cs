using System.Text.RegularExpressions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Marathon.Definitions.Validation;

/// <summary>What a canonical pod must hold by itself, whatever else the cluster runs.</summary>
internal static partial class PodValidator
{
    private const int MaxNameLength = 63;

    public static void Validate(PodDefinition pod, DefinitionOptions options, Report report)
    {
        ServiceRules.ValidateId(pod.Id, report["id"]);
        NetworkValidator.ValidateNetworks(pod.Networks, report["networks"]);
        ValidateEnvironment(pod.Environment, report["environment"]);
        ValidateContainers(pod, options, report["containers"]);
        ValidateVolumes(pod, report["volumes"]);
        ValidateTogether(pod, report["containers"]);
        ValidateScheduling(pod, report["scheduling"]);
        CheckValidator.ValidateReadiness(
            pod, [.. pod.Endpoints.Select(endpoint => endpoint.Name)], "pod's endpoints", report["readinessChecks"]);
        ValidateIpc(pod.Ipc, report["linuxInfo"]["ipcInfo"]);
        SecretValidator.Validate(pod, options, report);
        ServiceRules.ValidateDaemon(pod, report["scheduling"]["placement"]["constraints"], report["volumes"]);
    }

    private static void ValidateScheduling(PodDefinition pod, Report report)
    {
        ConstraintValidator.Validate(pod.Constraints, report["placement"]["constraints"]);
        PlacementValidator.Validate(pod, report["placement"]);
        ServiceRules.ValidateAcceptedRoles(pod, report["placement"]["acceptedResourceRoles"]);
        ServiceRules.ValidateUnreachable(pod, report["unreachableStrategy"]);
        if (pod.IsResident && pod.UpgradeStrategy.MaximumOverCapacity != 0)
        {
            report["upgrade"]["maximumOverCapacity"].Add("must be 0 for a pod with persistent volumes");
        }
    }

    private static void ValidateContainers(PodDefinition pod, DefinitionOptions options, Report report)
    {
        if (pod.Containers.IsEmpty)
        {
            report.Add("must not be empty");
        }

        var volumes = pod.Volumes.Select(volume => volume.Name).ToHashSet(StringComparer.Ordinal);
        var networks = pod.Networks.AsEnumerable().Select(network => network.Name).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            var container = pod.Containers[i];
            var at = report.At(i);
            ValidateName(container.Name, at["name"]);
            if (!names.Add(container.Name))
            {
                report.Add("container names are unique");
            }

            ValidateContainer(pod, container, options, at);
            ValidateMounts(container, volumes, at["volumeMounts"]);
            for (var j = 0; j < container.Endpoints.Count; j++)
            {
                ValidateEndpoint(pod, container.Endpoints[j], networks, at["endpoints"].At(j));
            }
        }
    }

    private static void ValidateContainer(PodDefinition pod, PodContainer container, DefinitionOptions options, Report report)
    {
        if (container.Command is null && container.Image is null)
        {
            report["exec"].Add("must be given for a container without an image");
        }

        if (container.Command is { Shell: null, Argv.IsEmpty: true })
        {
            report["exec"]["command"]["argv"].Add("must not be empty");
        }

        ServiceRules.ValidateLimits(container.ResourceLimits, container.Cpus, container.Mem, report["resourceLimits"]);
        if (container.ResourceLimits is not null && pod.LegacySharedCgroups)
        {
            report["resourceLimits"].Add("must not be given with legacySharedCgroups");
        }

        if (container.Gpus > 0 && !options.Features.HasFlag(MarathonFeatures.GpuResources))
        {
            report["resources"]["gpus"].Add("Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources");
        }

        ValidateEnvironment(container.Environment, report["environment"]);
        if (container.HealthCheck is { } check)
        {
            ValidateHealthCheck(container, check, report["healthCheck"]);
        }

        if (container.KillGracePeriodSeconds is <= 0)
        {
            report["lifecycle"]["killGracePeriodSeconds"].Add("must be greater than 0");
        }

        if (container.LinuxInfo?.Seccomp is { } seccomp && seccomp.Unconfined == seccomp.ProfileName is not null)
        {
            report["linuxInfo"]["seccomp"].Add("must either name a profile or be unconfined");
        }

        ValidateIpc(container.LinuxInfo?.Ipc, report["linuxInfo"]["ipcInfo"]);
    }

    private static void ValidateMounts(PodContainer container, HashSet<string> volumes, Report report)
    {
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            if (!volumes.Contains(container.VolumeMounts[i].Name))
            {
                report.At(i)["name"].Add("Referenced Volume in VolumeMount should exist");
            }
        }
    }

    private static void ValidateEndpoint(PodDefinition pod, PodEndpoint endpoint, HashSet<string?> networks, Report report)
    {
        ValidateName(endpoint.Name, report["name"]);
        if (pod.IsHostMode && endpoint.ContainerPort is not null)
        {
            report["containerPort"].Add("is not allowed when using host-mode networking");
        }

        if (!pod.IsHostMode && endpoint.ContainerPort is null)
        {
            report["containerPort"].Add("is required when using container-mode networking");
        }

        if (endpoint.Protocols.Distinct().Count() != endpoint.Protocols.Count)
        {
            report["protocol"].Add("Duplicate protocols within the same endpoint are not allowed");
        }

        foreach (var name in endpoint.NetworkNames)
        {
            if (!networks.Contains(name))
            {
                report["networkNames"].Add($"'{name}' is none of the pod's networks");
            }
        }

        if (pod.Networks.Count > 1 && endpoint.HostPort is not null && endpoint.NetworkNames.Count != 1)
        {
            report["networkNames"].Add("must name exactly one network for an endpoint with a hostPort");
        }
    }

    /// <summary>
    /// The containers share one network: what one listens on is taken for the others. They are launched in one message, and
    /// what they take is one sum.
    /// </summary>
    private static void ValidateTogether(PodDefinition pod, Report report)
    {
        if (pod.Containers.Sum(container => (long)container.Gpus) > (long)Bounds.MaxAmount)
        {
            report.Add($"must not have more than {(long)Bounds.MaxAmount} gpus together");
        }

        if (PodLaunchSize.Of(pod) is > PodLaunchSize.MaxBytes and var bytes)
        {
            report.Add(
                $"an instance is launched with {bytes} bytes of variables, labels, endpoints and mounts, {PodLaunchSize.MaxBytes} "
                + "at most: every container gets those of the pod. Have fewer containers, or fetch what is long as a file");
        }

        Unique(pod.Endpoints.Select(endpoint => endpoint.Name), "Endpoint names are unique");
        Unique(pod.Endpoints.Select(endpoint => endpoint.ContainerPort).Where(port => port > 0), "Container ports are unique");
        Unique(pod.Endpoints.Select(endpoint => endpoint.HostPort).Where(port => port > 0), "Host ports are unique");

        void Unique<T>(IEnumerable<T> values, string rule)
        {
            var seen = new HashSet<T>();
            if (!values.All(seen.Add))
            {
                report.Add(rule);
            }
        }
    }

    private static void ValidateHealthCheck(PodContainer container, PodHealthCheck check, Report report)
    {
        if (check.Check.TimeoutSeconds >= check.Check.IntervalSeconds)
        {
            report["timeoutSeconds"].Add("must be less than intervalSeconds");
        }

        if (check.Endpoint is { } endpoint && !container.Endpoints.Any(candidate => candidate.Name == endpoint))
        {
            report[check.Check.IsHttp ? "http" : "tcp"]["endpoint"].Add("contained in the container endpoints");
        }

        if (check.Check is { IsHttp: true, Path: { } path } && !path.StartsWith('/'))
        {
            report["http"]["path"].Add("must begin with a slash");
        }

        if (check.Command is { Shell: null, Argv.IsEmpty: true })
        {
            report["exec"]["command"]["argv"].Add("must not be empty");
        }
    }

    private static void ValidateVolumes(PodDefinition pod, Report report)
    {
        var mounted = pod.Containers.AsEnumerable()
            .SelectMany(container => container.VolumeMounts, (_, mount) => mount.Name)
            .ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < pod.Volumes.Count; i++)
        {
            var volume = pod.Volumes[i];
            ValidateName(volume.Name, report.At(i)["name"]);
            if (!names.Add(volume.Name))
            {
                report.Add("volume names are unique");
            }

            if (!mounted.Contains(volume.Name))
            {
                report.At(i).Add("volume must be referenced by at least one container");
            }

            if (volume is PodVolume.Persistent persistent)
            {
                ContainerValidator.ValidatePersistent(persistent.Disk, report.At(i));
            }
        }
    }

    private static void ValidateIpc(IpcInfo? ipc, Report report)
    {
        if (ipc is { Mode: IpcMode.ShareParent, ShmSizeMegabytes: not null })
        {
            report["shmSize"].Add("must not be given with mode SHARE_PARENT");
        }
    }

    private static void ValidateEnvironment(ValueMap<EnvironmentValue> environment, Report report)
    {
        foreach (var name in environment.Keys)
        {
            if (!VariableName().IsMatch(name))
            {
                report.At(name).Add("must consist of letters, digits and underscores, must not begin with a digit, 254 at most");
            }
        }
    }

    private static void ValidateName(string name, Report report)
    {
        if (name.Length > MaxNameLength || !Name().IsMatch(name))
        {
            report.Add("must consist of lower case letters, digits and dashes, begin and end with a letter or digit, 63 at most");
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-zA-Z_][a-zA-Z0-9_]{0,253}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex VariableName();
}
