using Plenum.Marathon.Definitions;
using Plenum.Metronome.Definitions;

namespace Plenum.Metronome.Runs;

/// <summary>
/// A run as the app with one instance that it is to whatever places and builds tasks. Its path is that of the job with
/// the dots as slashes, and the run below it: tasks, their names in DNS and their variables look as they did.
/// </summary>
internal static class RunApp
{
    public static AppDefinition Of(JobRun run, string role, string? defaultNetwork)
    {
        var spec = run.Spec ?? throw new InvalidOperationException($"run {run.Id} is over");
        return new AppDefinition
        {
            Id = PathOf(run),
            Instances = 1,
            Role = role,
            Version = Timestamp.From(run.CreatedAt),
            Labels = run.Labels,
            Cpus = spec.Cpus,
            Mem = spec.Mem,
            Disk = spec.Disk,
            Gpus = spec.Gpus,
            Cmd = spec.Cmd,
            Args = spec.Args ?? [],
            User = spec.User,
            Env = spec.Env,
            Secrets = spec.Secrets,
            Fetch = spec.Artifacts,
            Container = ContainerOf(spec),
            Networks = NetworksOf(spec, defaultNetwork),
            Constraints = spec.Constraints.AsEnumerable().Where(static constraint => constraint.Value is not null).ToValueList(),
            TaskKillGracePeriodSeconds = spec.TaskKillGracePeriodSeconds,
        };
    }

    public static PathId PathOf(JobRun run) => PathId.Parse($"/{run.JobId.Replace('.', '/')}/{run.Id}");

    private static Container? ContainerOf(JobRunSpec spec)
    {
        var mappings = NetworkModeOf(spec) == NetworkMode.Host ? null : ValueList.Empty<PortMapping>();
        if (spec.Docker is { } docker)
        {
            return new Container(ContainerEngine.Docker) { Docker = docker, Volumes = spec.Volumes, PortMappings = mappings };
        }

        if (spec.Ucr is { } ucr)
        {
            return new Container(ContainerEngine.Mesos)
            {
                Docker = new DockerImage(ucr.Id) { ForcePullImage = ucr.ForcePull },
                Volumes = spec.Volumes,
                PortMappings = mappings,
            };
        }

        return spec.Volumes.IsEmpty ? null : new Container(ContainerEngine.Mesos) { Volumes = spec.Volumes };
    }

    private static NetworkMode NetworkModeOf(JobRunSpec spec) => spec.Networks.IsEmpty ? NetworkMode.Host : spec.Networks[0].Mode;

    private static ValueList<Network> NetworksOf(JobRunSpec spec, string? defaultNetwork) => spec.Networks.IsEmpty
        ? [Network.Host]
        : spec.Networks.Select(network => network is { Mode: NetworkMode.Container, Name: null } ? network with { Name = defaultNetwork } : network);
}
