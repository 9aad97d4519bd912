using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Metronome.Definitions.Reading;

/// <summary>The <c>run</c> of a job.</summary>
internal static class RunReader
{
    // The original's schema has these.
    public const double MinCpus = 0.01;
    public const double MinMem = 32;

    public static JobRunSpec Read(JsonField run)
    {
        if (!run.RequireObject())
        {
            return new JobRunSpec();
        }

        run.RefuseOthers(
            "cpus", "mem", "disk", "gpus", "cmd", "args", "user", "env", "secrets", "docker", "ucr", "artifacts", "volumes",
            "networks", "placement", "maxLaunchDelay", "restart", "taskKillGracePeriodSeconds");
        var restart = run["restart"];
        return new JobRunSpec
        {
            Cpus = run.Required("cpus").Number(MinCpus, Bounds.MaxAmount) ?? 1,
            Mem = run.Required("mem").Number(MinMem, Bounds.MaxAmount) ?? 128,
            Disk = run.Required("disk").Number(0, Bounds.MaxAmount) ?? 0,
            Gpus = run["gpus"].Integer(0, (int)Bounds.MaxAmount) ?? 0,
            Cmd = run["cmd"].Text(minLength: 1),
            Args = run["args"].Texts(),
            User = run["user"].Text(minLength: 1),
            Env = run["env"].Map(ReadVariable) ?? ValueMap<EnvironmentValue>.Empty,
            Secrets = run["secrets"].Map(ReadSecret) ?? ValueMap<string>.Empty,
            Docker = run["docker"].IsPresent ? ReadDocker(run["docker"]) : null,
            Ucr = run["ucr"].IsPresent ? ReadUcr(run["ucr"]) : null,
            Artifacts = run["artifacts"].List(ReadArtifact) ?? [],
            Volumes = run["volumes"].List(ReadVolume) ?? [],
            Networks = run["networks"].List(NetworkReader.ReadNetwork, Bounds.MaxNetworks) ?? [],
            Constraints = ReadPlacement(run["placement"]),
            MaxLaunchDelaySeconds = run["maxLaunchDelay"].Integer(0, Bounds.MaxSeconds) ?? JobRunSpec.DefaultMaxLaunchDelaySeconds,
            RestartPolicy = restart.IsPresent && restart.RequireObject()
                ? restart["policy"].Enumeration(JobNames.RestartPolicies) ?? RestartPolicy.Never
                : RestartPolicy.Never,
            ActiveDeadlineSeconds = restart["activeDeadlineSeconds"].Integer(0, Bounds.MaxSeconds),
            TaskKillGracePeriodSeconds = run["taskKillGracePeriodSeconds"].Integer(0, Bounds.MaxSeconds),
        };
    }

    public static EnvironmentValue? ReadVariable(JsonField variable)
    {
        if (variable.Kind == System.Text.Json.JsonValueKind.Object)
        {
            variable.RefuseOthers("secret");
            return new EnvironmentValue.Secret(variable["secret"].RequiredText());
        }

        return variable.Text() is { } text ? EnvironmentValue.Of(text) : null;
    }

    private static string? ReadSecret(JsonField secret) =>
        secret.RequireObject() ? secret["source"].RequiredText() : null;

    private static DockerImage? ReadDocker(JsonField docker)
    {
        if (!docker.RequireObject())
        {
            return null;
        }

        docker.RefuseOthers("image", "forcePullImage", "privileged", "parameters");
        return new DockerImage(docker["image"].RequiredText())
        {
            ForcePullImage = docker["forcePullImage"].Boolean() ?? false,
            Privileged = docker["privileged"].Boolean() ?? false,
            Parameters = docker["parameters"].List(static parameter => parameter.RequireObject()
                ? new DockerParameter(parameter["key"].RequiredText(), parameter["value"].RequiredText(minLength: 0))
                : null) ?? [],
        };
    }

    private static UcrImage? ReadUcr(JsonField ucr)
    {
        if (!ucr.RequireObject() || !ucr.Required("image").IsPresent || !ucr["image"].RequireObject())
        {
            return null;
        }

        ucr.RefuseOthers("image", "privileged");
        var image = ucr["image"];
        image.RefuseOthers("id", "kind", "forcePull");
        var kind = image["kind"].Text();
        if (kind is not (null or "docker"))
        {
            image["kind"].Refuse(kind == "appc" ? "appc images cannot be run by this cluster: use a docker image" : "must be one of: docker, appc");
        }

        return new UcrImage(image["id"].RequiredText())
        {
            ForcePull = image["forcePull"].Boolean() ?? false,
            Privileged = ucr["privileged"].Boolean() ?? false,
        };
    }

    private static FetchArtifact? ReadArtifact(JsonField artifact)
    {
        if (!artifact.RequireObject())
        {
            return null;
        }

        artifact.RefuseOthers("uri", "extract", "executable", "cache");
        return new FetchArtifact(artifact["uri"].RequiredText(maxLength: Bounds.MaxUriLength))
        {
            Extract = artifact["extract"].Boolean() ?? true,
            Executable = artifact["executable"].Boolean() ?? false,
            Cache = artifact["cache"].Boolean() ?? false,
        };
    }

    /// <summary>A directory of the machine or a secret; nothing else may be said of either.</summary>
    private static Volume? ReadVolume(JsonField volume)
    {
        if (!volume.RequireObject())
        {
            return null;
        }

        var path = volume["containerPath"].RequiredText();
        if (volume["secret"].IsPresent)
        {
            volume.RefuseOthers("containerPath", "secret");
            return new Volume.Secret(path, volume["secret"].RequiredText()) { Mode = VolumeMode.ReadOnly };
        }

        volume.RefuseOthers("containerPath", "hostPath", "mode");
        return new Volume.Host(path, volume["hostPath"].RequiredText())
        {
            Mode = volume.Required("mode").Enumeration(WireNames.VolumeModes) ?? VolumeMode.ReadOnly,
        };
    }

    private static ValueList<Constraint> ReadPlacement(JsonField placement)
    {
        if (!placement.IsPresent || !placement.RequireObject())
        {
            return [];
        }

        placement.RefuseOthers("constraints");
        return placement["constraints"].List(ReadConstraint) ?? [];
    }

    private static Constraint? ReadConstraint(JsonField constraint)
    {
        if (!constraint.RequireObject())
        {
            return null;
        }

        constraint.RefuseOthers("attribute", "operator", "value");
        var attribute = constraint["attribute"].RequiredText();
        return constraint.Required("operator").Enumeration(JobNames.Operators) is { } operation
            ? new Constraint(attribute, operation, constraint["value"].Text())
            : null;
    }
}
