using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Metronome.Definitions.Reading;

/// <summary>A job as clients send it.</summary>
internal static class JobReader
{
    /// <param name="id">That of the path, which wins over the one in the document; null where there is none.</param>
    public static JobSpec Read(JsonField job, string? id = null)
    {
        if (!job.RequireObject())
        {
            return new JobSpec { Id = "", Run = new JobRunSpec() };
        }

        job.RefuseOthers("id", "description", "labels", "dependencies", "schedules", "run");
        if (id is null)
        {
            id = job["id"].RequiredText();
            if (id.Length > 0 && !JobId.IsValid(id))
            {
                job["id"].Refuse(id.Length > JobId.MaxLength ? $"must not be longer than {JobId.MaxLength} characters" : JobId.Rule);
            }
        }

        return new JobSpec
        {
            Id = id,
            Description = job["description"].Text(),
            Labels = job["labels"].TextMap() ?? ValueMap<string>.Empty,
            Dependencies = job["dependencies"].List(ReadDependency) ?? [],
            Schedules = job["schedules"].List(field => ScheduleReader.Read(field), JobBounds.MaxSchedules) ?? [],
            Run = job.Required("run").IsPresent ? RunReader.Read(job["run"]) : new JobRunSpec(),
        };
    }

    private static string? ReadDependency(JsonField dependency)
    {
        if (!dependency.RequireObject())
        {
            return null;
        }

        var id = dependency["id"].RequiredText();
        if (id.Length > 0 && !JobId.IsValid(id))
        {
            dependency["id"].Refuse(JobId.Rule);
        }

        return id;
    }
}
