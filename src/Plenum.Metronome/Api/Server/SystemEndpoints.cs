using System.Globalization;
using Plenum.Marathon.Api;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Metronome.Runs;

namespace Plenum.Metronome.Api.Server;

internal static class SystemEndpoints
{
    /// <summary>The release of Metronome whose API this is, and the Marathon that it had inside.</summary>
    public const string ApiVersion = "0.6.48";

    private const string LibraryVersion = "1.7.202";

    public static ApiAnswer Ping(JobCall call) => new(200) { Text = "pong" };

    public static ApiAnswer Leader(JobCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("leader", LeaderOf(call));
        writer.WriteEndObject();
    });

    /// <summary>Settings under the names of the original's configuration, those that mean something here.</summary>
    public static ApiAnswer Info(JobCall call) => ApiAnswer.Ok(writer =>
    {
        var options = call.Metronome.Options;
        writer.WriteStartObject();
        writer.WriteString("version", ApiVersion);
        writer.WriteString("libVersion", LibraryVersion);
        writer.WriteStartObject("config");
        writer.WriteString("metronome.framework.name", options.FrameworkName);
        writer.WriteString("metronome.history.count", Text(options.HistoryCount));
        writer.WriteString("metronome.leader.election.hostname", LeaderOf(call).Split(':')[0]);
        writer.WriteString("metronome.mesos.failover.timeout", Seconds(options.FailoverTimeout));
        writer.WriteString("metronome.mesos.master.url", options.MasterUri ?? "");
        writer.WriteString("metronome.mesos.role", options.Role);
        writer.WriteString("metronome.mesos.user", options.User);
        writer.WriteString("metronome.scheduler.reconciliation.interval", Seconds(options.ReconciliationInterval));
        writer.WriteString("metronome.scheduler.task.launch.confirm.timeout", Seconds(options.TaskLaunchConfirmTimeout));
        writer.WriteString("play.server.http.port", Text(call.Context.Connection.LocalPort));
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>Figures of the present state in the form of Marathon's.</summary>
    public static ApiAnswer Metrics(JobCall call)
    {
        var runs = call.Snapshot.Jobs.Values.SelectMany(static job => job.Active.Values).ToList();
        (string Name, double Value)[] gauges =
        [
            ("metronome.jobs.gauge", call.Snapshot.Jobs.Count),
            ("metronome.schedules.gauge", call.Snapshot.Jobs.Values.Sum(static job => job.Spec.Schedules.Count)),
            ("metronome.runs.active.gauge", runs.Count(static run => run.Status == RunStatus.Active)),
            ("metronome.runs.waiting.gauge", runs.Count(static run => run.IsWaiting)),
            ("metronome.framework.connected.gauge", call.Snapshot.IsConnected ? 1 : 0),
        ];
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("version", "4.0.0");
            writer.WriteStartObject("gauges");
            foreach (var (name, value) in gauges)
            {
                writer.WriteStartObject(name);
                writer.WriteDouble("value", value);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            foreach (var kind in new[] { "counters", "histograms", "meters", "timers" })
            {
                writer.WriteStartObject(kind);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });
    }

    public static ApiAnswer Documents(JobCall call) => JobProblem.Of(
        501, "The documents of the original's API are not part of this server: see docs/metronome-api.md of Plenum", call.Path);

    // What clients reach this server under: as configured, else as this client did.
    private static string LeaderOf(JobCall call) =>
        call.Metronome.Options.Leader
        ?? (call.Context.Connection is { LocalIpAddress: { } address, LocalPort: var port }
            ? $"{address.MapToIPv4()}:{port}"
            : call.Context.Request.Host.Value ?? "localhost");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + " seconds";
}
