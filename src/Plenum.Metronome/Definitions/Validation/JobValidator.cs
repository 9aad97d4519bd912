using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Metronome.Definitions.Validation;

/// <summary>The rules that need more than one member of a definition. Those that need other jobs are the core's.</summary>
internal static class JobValidator
{
    /// <param name="defaultNetwork">The network of a container mode job that names none; without it such a job is refused.</param>
    public static void Validate(JobSpec job, string? defaultNetwork, Violations violations)
    {
        var report = new Report(violations, FieldPath.Root);
        ValidateImage(job.Run, report["run"]);
        ValidateSecrets(job.Run, report["run"]);
        ValidateNetworks(job.Run, defaultNetwork, report["run"]);
        ValidatePlacement(job.Run, report["run"]["placement"]["constraints"]);
        ValidateDependencies(job, report["dependencies"]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < job.Schedules.Count; i++)
        {
            if (!seen.Add(job.Schedules[i].Id))
            {
                report["schedules"].At(i)["id"].Add($"A schedule with id {job.Schedules[i].Id} already exists");
            }
        }

        if (!job.Dependencies.IsEmpty && !job.Schedules.IsEmpty)
        {
            report["schedules"].Add("A job with dependencies starts when they succeed and may not have schedules");
        }
    }

    private static void ValidateImage(JobRunSpec run, Report report)
    {
        if (run.Cmd is null && run.Docker is null && run.Ucr is null)
        {
            report.Add("Cmd or docker image must be specified");
        }

        if (run.Docker is not null && run.Ucr is not null)
        {
            report.Add("Either docker or ucr may be specified, not both");
        }

        if (run is { Docker: not null, Gpus: > 0 })
        {
            report["gpus"].Add("GPUs are not supported with Docker; use ucr");
        }

        for (var i = 0; i < run.Volumes.Count; i++)
        {
            if (run.Volumes[i] is Volume.Secret && run.Ucr is null)
            {
                report["volumes"].At(i).Add("File based secrets are only supported by UCR");
            }
        }
    }

    /// <summary>Each secret that is defined is used, and the other way round.</summary>
    private static void ValidateSecrets(JobRunSpec run, Report report)
    {
        var used = run.Env.Values.OfType<EnvironmentValue.Secret>().Select(static secret => secret.Name)
            .Concat(run.Volumes.AsEnumerable().OfType<Volume.Secret>().Select(static volume => volume.SecretName))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var name in run.Secrets.Keys.Where(name => !used.Contains(name)))
        {
            report["secrets"].Add($"The secret '{name}' is defined but not used: name it in env or volumes, or remove it");
        }

        foreach (var name in used.Where(name => !run.Secrets.ContainsKey(name)).Order(StringComparer.Ordinal))
        {
            report["secrets"].Add($"The secret '{name}' is used but not defined");
        }
    }

    private static void ValidateNetworks(JobRunSpec run, string? defaultNetwork, Report report)
    {
        if (run.Networks.IsEmpty)
        {
            return;
        }

        if (run.Networks.Count > 1 && run.Networks.Any(static network => network.Mode != NetworkMode.Container))
        {
            report["networks"].Add("host and container/bridge networks stand alone");
        }

        if (run.Docker is null && run.Ucr is null && run.Networks.Any(static network => network.Mode != NetworkMode.Host))
        {
            report["networks"].Add("A job without an image can use the host network only");
        }

        if (run.Docker is not null && run.Networks.Count > 1)
        {
            report["networks"].Add("Docker may join one network only");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < run.Networks.Count; i++)
        {
            var network = run.Networks[i];
            var at = report["networks"].At(i);
            if (network.Mode != NetworkMode.Container)
            {
                if (network.Name is not null)
                {
                    at["name"].Add("may be given for container networks only");
                }
            }
            else if ((network.Name ?? defaultNetwork) is not { } name)
            {
                at["name"].Add("must be given: there is no default network");
            }
            else if (!names.Add(name))
            {
                at["name"].Add($"the network '{name}' is joined twice");
            }
        }
    }

    private static void ValidatePlacement(JobRunSpec run, Report report)
    {
        for (var i = 0; i < run.Constraints.Count; i++)
        {
            var constraint = run.Constraints[i];
            if (constraint is { Operator: ConstraintOperator.Like or ConstraintOperator.Unlike, Value: { } pattern }
                && !ConstraintPattern.TryCompile(pattern, out _, out var error))
            {
                report.At(i)["value"].Add(error);
            }
        }
    }

    private static void ValidateDependencies(JobSpec job, Report report)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < job.Dependencies.Count; i++)
        {
            if (job.Dependencies[i] == job.Id)
            {
                report.At(i)["id"].Add("A job cannot depend on itself");
            }
            else if (!seen.Add(job.Dependencies[i]))
            {
                report.At(i)["id"].Add($"The dependency {job.Dependencies[i]} is named twice");
            }
        }
    }
}
