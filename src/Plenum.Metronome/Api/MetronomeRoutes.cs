using Plenum.Marathon.Api.Routing;
using Plenum.Metronome.Api.Events;
using Plenum.Metronome.Api.Jobs;
using Plenum.Metronome.Api.Runs;
using Plenum.Metronome.Api.Server;

namespace Plenum.Metronome.Api;

/// <summary>Every call of the API with the name of its authorisation rule.</summary>
internal static class MetronomeRoutes
{
    public static RouteTable<JobRoute> Create(TimeProvider clock) => new(
    [
        new JobRoute("GET", "/v1/jobs", "metronome.job.view", JobEndpoints.List),
        new JobRoute("POST", "/v1/jobs", "metronome.job.create", JobEndpoints.CreateAsync),
        new JobRoute("GET", "/v1/jobs/{id}/schedules", "metronome.job.view", ScheduleEndpoints.List),
        new JobRoute("POST", "/v1/jobs/{id}/schedules", "metronome.job.update", ScheduleEndpoints.CreateAsync),
        new JobRoute("GET", "/v1/jobs/{id}/schedules/{arg}", "metronome.job.view", ScheduleEndpoints.Show),
        new JobRoute("PUT", "/v1/jobs/{id}/schedules/{arg}", "metronome.job.update", ScheduleEndpoints.UpdateAsync),
        new JobRoute("DELETE", "/v1/jobs/{id}/schedules/{arg}", "metronome.job.update", ScheduleEndpoints.DeleteAsync),
        new JobRoute("GET", "/v1/jobs/{id}/runs", "metronome.run.view", RunEndpoints.List),
        new JobRoute("POST", "/v1/jobs/{id}/runs", "metronome.run.start", RunEndpoints.StartAsync),
        new JobRoute("GET", "/v1/jobs/{id}/runs/{arg}", "metronome.run.view", RunEndpoints.Show),
        new JobRoute("POST", "/v1/jobs/{id}/runs/{arg}/actions/stop", "metronome.run.stop", RunEndpoints.StopAsync),
        new JobRoute("GET", "/v1/jobs/{id}", "metronome.job.view", JobEndpoints.Show),
        new JobRoute("PUT", "/v1/jobs/{id}", "metronome.job.update", JobEndpoints.UpdateAsync),
        new JobRoute("DELETE", "/v1/jobs/{id}", "metronome.job.delete", JobEndpoints.DeleteAsync),
        new JobRoute("POST", "/v0/scheduled-jobs", "metronome.job.create", JobEndpoints.CreateAsync),
        new JobRoute("PUT", "/v0/scheduled-jobs/{id}", "metronome.job.update", JobEndpoints.ReplaceAsync),
        new JobRoute("GET", "/v1/queue", "metronome.queue.view", RunEndpoints.Queue),
        new JobRoute("GET", "/v1/events", "metronome.event.view", new JobEventStream(clock).StreamAsync),
        new JobRoute("GET", "/v1/metrics", "metronome.metrics.view", SystemEndpoints.Metrics),
        new JobRoute("GET", "/info", "metronome.system.view", SystemEndpoints.Info),
        new JobRoute("GET", "/leader", "metronome.leader.view", SystemEndpoints.Leader),
        new JobRoute("GET", "/ping", "public", SystemEndpoints.Ping),
        new JobRoute("GET", "/public/{id}", "public", SystemEndpoints.Documents),
    ]);
}
