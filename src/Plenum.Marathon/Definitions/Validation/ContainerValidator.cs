namespace Plenum.Marathon.Definitions.Validation;

internal static class ContainerValidator
{
    public static void Validate(AppDefinition app, Container container, DefinitionOptions options, Report report)
    {
        if (container is { Type: ContainerEngine.Docker, Docker: null })
        {
            report["docker"].Add("must be present with the Docker engine");
        }

        if (container.Docker is { } docker)
        {
            ValidateImage(container.Type, docker, report["docker"]);
        }

        if (container.LinuxInfo is { } linuxInfo)
        {
            ValidateLinuxInfo(container.Type, linuxInfo, report["linuxInfo"]);
        }

        var paths = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < container.Volumes.Count; i++)
        {
            var at = report["volumes"].At(i);
            if (!paths.Add(container.Volumes[i].ContainerPath))
            {
                at["containerPath"].Add("must be unique among the volumes");
            }

            ValidateVolume(app, container, container.Volumes[i], options, at);
        }
    }

    private static void ValidateImage(ContainerEngine engine, DockerImage docker, Report report)
    {
        if (engine == ContainerEngine.Mesos)
        {
            if (docker.Privileged)
            {
                report["privileged"].Add("is possible with the Docker engine only");
            }

            if (!docker.Parameters.IsEmpty)
            {
                report["parameters"].Add("are possible with the Docker engine only");
            }
        }
        else if (docker.PullConfigSecret is not null)
        {
            report["pullConfig"].Add("is possible with a container of type MESOS only");
        }
    }

    private static void ValidateLinuxInfo(ContainerEngine engine, LinuxInfo info, Report report)
    {
        if (engine != ContainerEngine.Mesos)
        {
            report.Add("is possible with a container of type MESOS only");
        }

        if (info.Seccomp is { } seccomp && seccomp.Unconfined == seccomp.ProfileName is not null)
        {
            report["seccomp"].Add("must either name a profile or be unconfined");
        }

        if (info.Ipc is { Mode: IpcMode.ShareParent, ShmSizeMegabytes: not null })
        {
            report["ipcInfo"]["shmSize"].Add("must not be given with mode SHARE_PARENT");
        }
    }

    private static void ValidateVolume(
        AppDefinition app,
        Container container,
        Volume volume,
        DefinitionOptions options,
        Report report)
    {
        switch (volume)
        {
            case Volume.Persistent persistent:
                ValidatePersistent(persistent, report);
                break;
            case Volume.Dvdi dvdi:
                RequireExternal(app, options, report);
                ValidateDvdi(app, container.Type, dvdi, report);
                break;
            case Volume.Csi csi:
                RequireExternal(app, options, report);
                ValidateCsi(app, csi, report);
                break;
        }
    }

    internal static void ValidatePersistent(Volume.Persistent volume, Report report)
    {
        // The volume is mounted in the sandbox under this one name.
        if (volume.ContainerPath.Contains('/') || volume.ContainerPath is "." or "..")
        {
            report["containerPath"].Add("must be a single relative name; combine it with a host volume for a path in the image");
        }

        if (volume.Mode != VolumeMode.ReadWrite)
        {
            report["mode"].Add("must be RW for a persistent volume");
        }

        if (volume.MaxSizeMegabytes is { } maxSize)
        {
            if (volume.Type != PersistentVolumeType.Mount)
            {
                report["persistent"]["maxSize"].Add("is possible for volumes of type mount only");
            }
            else if (maxSize <= volume.SizeMegabytes)
            {
                report["persistent"]["maxSize"].Add("must be greater than size");
            }
        }

        if (volume.Type == PersistentVolumeType.Root && !volume.Constraints.IsEmpty)
        {
            report["persistent"]["constraints"].Add("are not possible for volumes of type root");
        }

        for (var i = 0; i < volume.Constraints.Count; i++)
        {
            var constraint = volume.Constraints[i];
            if (constraint.Field != "path" || constraint.Operator is not (ConstraintOperator.Like or ConstraintOperator.Unlike))
            {
                report["persistent"]["constraints"].At(i).Add("must be [\"path\", \"LIKE\" or \"UNLIKE\", expression]");
            }
        }

        ConstraintValidator.Validate(volume.Constraints, report["persistent"]["constraints"]);
    }

    private static void RequireExternal(AppDefinition app, DefinitionOptions options, Report report)
    {
        if (!options.Features.HasFlag(MarathonFeatures.ExternalVolumes))
        {
            report["external"].Add("Feature external_volumes is not enabled. Enable with --enable_features external_volumes");
        }

        if (app.IsResident)
        {
            report["external"].Add("must not be combined with persistent volumes");
        }
    }

    private static void ValidateDvdi(AppDefinition app, ContainerEngine engine, Volume.Dvdi volume, Report report)
    {
        if (app.Instances > 1 && !volume.Shared)
        {
            report["external"].Add("allows one instance only, since it is not shared");
        }

        if (!volume.Options.TryGetValue("dvdi/driver", out var driver) || driver.Length == 0)
        {
            report["external"]["options"].Add("must hold dvdi/driver");
        }

        if (engine == ContainerEngine.Mesos)
        {
            if (volume.Mode != VolumeMode.ReadWrite)
            {
                report["mode"].Add("must be RW for an external volume of a container of type MESOS");
            }

            return;
        }

        if (volume.SizeGigabytes is not null)
        {
            report["external"]["size"].Add("must not be given with the Docker engine");
        }

        if (volume.Options.Count > 1)
        {
            report["external"]["options"].Add("may hold dvdi/driver only with the Docker engine");
        }
    }

    private static void ValidateCsi(AppDefinition app, Volume.Csi volume, Report report)
    {
        var access = volume.Capability.AccessMode;
        var isReadOnly = access is CsiAccessMode.SingleNodeReaderOnly or CsiAccessMode.MultiNodeReaderOnly;
        if (isReadOnly && volume.Mode != VolumeMode.ReadOnly)
        {
            report["mode"].Add($"must be RO with access mode {WireNames.CsiAccessModes.Of(access)}");
        }

        var holdsOne = access is CsiAccessMode.SingleNodeWriter or CsiAccessMode.SingleNodeReaderOnly
            || (access == CsiAccessMode.MultiNodeSingleWriter && volume.Mode == VolumeMode.ReadWrite);
        if (holdsOne && app.Instances > 1)
        {
            report["external"].Add($"allows one instance only with access mode {WireNames.CsiAccessModes.Of(access)}");
        }
    }
}
