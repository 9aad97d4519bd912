using Plenum.Marathon.Definitions;

namespace Plenum.Metronome.Definitions;

/// <summary>What one run has that its job has not: Plenum's own, in the body of <c>POST .../runs</c>.</summary>
internal sealed record RunOverrides
{
    public static readonly RunOverrides None = new();

    public string? Cmd { get; init; }

    public ValueList<string>? Args { get; init; }

    /// <summary>Beside the job's variables, or in the place of those of the same name.</summary>
    public ValueMap<EnvironmentValue> Env { get; init; } = ValueMap<EnvironmentValue>.Empty;

    public double? Cpus { get; init; }

    public double? Mem { get; init; }

    public double? Disk { get; init; }

    public JobRunSpec ApplyTo(JobRunSpec run) => run with
    {
        Cmd = Cmd ?? (Args is null ? run.Cmd : null),
        Args = Args ?? run.Args,
        Env = Env.IsEmpty ? run.Env : ValueMap<EnvironmentValue>.From([.. run.Env, .. Env]),
        Cpus = Cpus ?? run.Cpus,
        Mem = Mem ?? run.Mem,
        Disk = Disk ?? run.Disk,
    };
}
