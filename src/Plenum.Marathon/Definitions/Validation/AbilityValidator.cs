namespace Plenum.Marathon.Definitions.Validation;

/// <summary>
/// Refuses by name what is a valid definition but what this cluster's agents cannot do yet: running it without
/// would be worse than not running it.
/// </summary>
internal static class AbilityValidator
{
    public static void Validate(AppDefinition app, MissingAbilities missing, Report report)
    {
        if (app.IsBridgeMode)
        {
            Need(MissingAbilities.BridgeNetwork, "Networks of mode container/bridge are", report["networks"]);
        }
        else if (!app.IsHostMode)
        {
            Need(MissingAbilities.ContainerNetwork, "Networks of mode container are", report["networks"]);
        }

        if (app.Gpus > 0)
        {
            Need(MissingAbilities.Gpus, "GPUs are", report["gpus"]);
        }

        if (!app.Secrets.IsEmpty)
        {
            Need(MissingAbilities.Secrets, "Secrets are", report["secrets"]);
        }

        if (app.Executor is not ("" or "//cmd"))
        {
            Need(MissingAbilities.CustomExecutor, "Custom executors of apps are", report["executor"]);
        }

        if (app.Container is null)
        {
            return;
        }

        var at = report["container"];
        if (app.Container.LinuxInfo is not null)
        {
            Need(MissingAbilities.LinuxInfo, "Seccomp profiles and IPC settings are", at["linuxInfo"]);
        }

        if (app.Container.Docker is { } docker)
        {
            if (docker.Privileged)
            {
                Need(MissingAbilities.Privileged, "Privileged containers are", at["docker"]["privileged"]);
            }

            if (!docker.Parameters.IsEmpty)
            {
                Need(MissingAbilities.DockerParameters, "Parameters for the Docker engine are", at["docker"]["parameters"]);
            }
        }

        for (var i = 0; i < app.Container.Volumes.Count; i++)
        {
            switch (app.Container.Volumes[i])
            {
                case Volume.Persistent:
                    Need(MissingAbilities.PersistentVolumes, "Persistent volumes are", at["volumes"].At(i));
                    break;
                case Volume.Dvdi or Volume.Csi:
                    Need(MissingAbilities.ExternalVolumes, "External volumes are", at["volumes"].At(i));
                    break;
            }
        }

        void Need(MissingAbilities ability, string what, Report where)
        {
            if (missing.HasFlag(ability))
            {
                where.Add($"{what} not available in this version of Plenum: nothing was started");
            }
        }
    }
}
