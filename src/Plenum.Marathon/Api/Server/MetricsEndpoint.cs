using System.Globalization;
using System.Text;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Server;

/// <summary>Figures of the present state under the names that Marathon's dashboards ask for.</summary>
internal sealed class MetricsEndpoint(TimeProvider timeProvider)
{
    private readonly DateTimeOffset _startedAt = timeProvider.GetUtcNow();

    public ApiAnswer Json(ApiCall call)
    {
        var gauges = Gauges(call);
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

    public ApiAnswer Prometheus(ApiCall call)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in Gauges(call))
        {
            // What Prometheus does not allow in a name becomes an underscore.
            var flat = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {flat} gauge\n{flat} {value:R}\n");
        }

        return new ApiAnswer(200) { Text = text.ToString(), TextType = "text/plain; version=0.0.4; charset=utf-8" };
    }

    private IEnumerable<(string Name, double Value)> Gauges(ApiCall call)
    {
        var snapshot = call.Snapshot;
        var running = 0;
        var staged = 0;
        foreach (var instance in snapshot.Apps.Values.SelectMany(runtime => runtime.Instances.Values))
        {
            running += instance.Condition == Condition.Running ? 1 : 0;
            staged += instance.Condition is Condition.Provisioned or Condition.Staging or Condition.Starting ? 1 : 0;
        }

        return
        [
            ("marathon.apps.active.gauge", snapshot.Root.AllApps.Count()),
            ("marathon.groups.active.gauge", snapshot.Root.AllGroups.Count() + 1),
            ("marathon.deployments.active.gauge", snapshot.Deployments.Length),
            ("marathon.instances.running.gauge", running),
            ("marathon.instances.staged.gauge", staged),
            ("marathon.queue.waiting.gauge", snapshot.Queue.Sum(item => item.Count)),
            ("marathon.uptime.gauge.seconds", (call.Now - _startedAt).TotalSeconds),
        ];
    }
}
