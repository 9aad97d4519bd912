using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Output;
using Plenum.Cli.Pods;

namespace Plenum.Cli.Apps;

/// <summary>An entry of Marathon's queue in words: what the app asks for, and what the agents' offers lacked.</summary>
internal static class AppExplanation
{
    public static string Summary(JsonElement app, long waiting)
    {
        var wanted = app.Integer("instances");
        var parts = new List<string> { $"{app.Integer("tasksRunning")} of {Humane.Count(wanted, "instance")} running" };
        if (app.Integer("tasksStaged") is > 0 and var staged)
        {
            parts.Add($"{staged} starting");
        }
        if (app.Integer("tasksUnhealthy") is > 0 and var unhealthy)
        {
            parts.Add($"{unhealthy} unhealthy");
        }
        parts.Add(waiting > 0 ? $"{waiting} waiting for an offer" : wanted == 0 ? "none wanted" : "none waiting for an offer");
        return $"{app.Text("id")}: {string.Join(", ", parts)}";
    }

    /// <summary>What waits: an app or a pod.</summary>
    public static JsonElement Spec(JsonElement item) => item.Member("app") ?? item.Member("pod") ?? default;

    /// <summary>A pod's status in the members that an app has, so that one explanation serves both.</summary>
    public static JsonElement OfPod(JsonElement pod, IEnumerable<JsonElement> deployments) => JsonReading.Build(writer =>
    {
        var id = pod.Text("id");
        writer.WriteStartObject();
        writer.WriteString("id", id);
        writer.WriteNumber("instances", PodText.Wanted(pod));
        writer.WriteNumber("tasksRunning", pod.Items("instances").Count(instance => instance.Text("status") is "STABLE" or "DEGRADED"));
        writer.WriteNumber("tasksStaged", pod.Items("instances").Count(instance => instance.Text("status") == "STAGING"));
        writer.WriteStartArray("deployments");
        foreach (var deployment in deployments.Where(found => found.Items("affectedPods").Any(affected => affected.ToString() == id)))
        {
            writer.WriteStartObject();
            writer.WriteString("id", deployment.Text("id"));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        foreach (var end in pod.Items("terminationHistory").Take(1))
        {
            writer.WriteStartObject("lastTaskFailure");
            writer.WriteString("state", end.Items("containers").Select(container => container.Text("lastKnownState")).FirstOrDefault() ?? "");
            writer.WriteString("timestamp", end.Text("terminatedAt"));
            writer.WriteString("message", end.Text("message"));
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    });

    public static IEnumerable<string> Remarks(JsonElement app, DateTimeOffset now)
    {
        foreach (var deployment in app.Items("deployments"))
        {
            yield return $"Deployment {deployment.Text("id")} changes it: ./plenum deployment list shows its step.";
        }
        if (app.Member("lastTaskFailure") is { } failure)
        {
            yield return $"Its last failure: {failure.Text("state")} {Humane.Ago(Humane.Time(failure.Text("timestamp")), now)} ago"
                + $"{(failure.Text("host") is { Length: > 0 } host ? $" on {host}" : "")}: {failure.Text("message")}";
        }
    }

    public static string Heading(JsonElement item, DateTimeOffset now)
    {
        var since = Humane.Ago(Humane.Time(item.Text("since")), now);
        var delay = item.Member("delay") is { } found && !found.Flag("overdue") ? found.Integer("timeLeftSeconds") : 0;
        var next = delay > 0
            ? $"tried next in {Humane.Span(TimeSpan.FromSeconds(delay))}, since earlier tasks failed"
            : "tried with each offer that comes" + Again(item, now);
        var seen = item.Member("processedOffersSummary")?.Integer("processedOffersCount") ?? 0;
        return $"{item.Integer("count")} waiting as role {item.Text("role")} for {since}, {next}; {Humane.Count(seen, "offer")} so far";
    }

    private static string Again(JsonElement item, DateTimeOffset now) =>
        item.Member("waiting") is { } waiting && Humane.Time(waiting.Text("nextTryAt")) is { } next && next > now
            ? $" (agents that were declined at the latest in {Humane.Span(next - now)})"
            : "";

    /// <summary>How many agents' latest offers lacked what: in detail where the server says it, as Plenum does.</summary>
    public static IEnumerable<string[]> Reasons(JsonElement item) => item.Member("waiting") is { } waiting
        ? waiting.Items("unmet").Select(need => new[] { need.Integer("agents").ToString(), need.Text("reason"), Meaning(need, item) })
        : Summary(item);

    private static string Meaning(JsonElement need, JsonElement item) =>
        need.Text("rule") is { Length: > 0 } rule ? $"not met: {rule}"
        : need.Member("needed") is null ? Meaning(need.Text("reason"), item)
        : $"it asks for {Humane.Amount(need.Number("needed"))} {Unit(need.Text("reason"))}; the best of these agents offered "
            + Humane.Amount(need.Number("offered"));

    private static string Unit(string reason) => reason switch
    {
        "InsufficientCpus" => "cpus",
        "InsufficientMemory" => "MB of memory",
        "InsufficientDisk" => "MB of disk",
        _ => "GPUs",
    };

    // In the order in which the matcher looks.
    private static IEnumerable<string[]> Summary(JsonElement item) =>
        from row in item.Member("processedOffersSummary")?.Items("rejectSummaryLastOffers") ?? []
        where row.Integer("declined") > 0
        let reason = row.Text("reason")
        select new[] { row.Integer("declined").ToString(), reason, Meaning(reason, item) };

    private static string Meaning(string reason, JsonElement item)
    {
        var app = Spec(item);
        return reason switch
        {
            "UnfulfilledRole" => $"offered to no role it accepts ({Words(app, "acceptedResourceRoles", "*")})",
            "UnfulfilledConstraint" => "a constraint is not met: " + string.Join(", ", app.Items("constraints").Select(
                constraint => string.Join(' ', constraint.Elements().Select(part => part.ToString())))),
            "NoCorrespondingReservationFound" => "not the agent that holds its volumes and reservations",
            "AgentMaintenance" => "the agent goes into maintenance",
            "InsufficientCpus" => Lacks(item, "cpus", app.Number("cpus"), "cpus"),
            "InsufficientMemory" => Lacks(item, "mem", app.Number("mem"), "MB of memory"),
            "InsufficientDisk" => Lacks(item, "disk", app.Number("disk"), "MB of disk"),
            "InsufficientGpus" => Lacks(item, "gpus", app.Number("gpus"), "GPUs"),
            "InsufficientPorts" => "a host port that it asks for is not offered",
            "DeclinedScarceResources" => "its GPUs are kept for tasks that ask for some",
            _ => "",
        };
    }

    // An offer may hold one resource in several parts (reserved and not): a task takes from all of its role.
    private static string Lacks(JsonElement item, string resource, double asked, string unit)
    {
        var most = item.Items("lastUnusedOffers")
            .Select(unused => unused.Member("offer") is { } offer
                ? offer.Items("resources").Where(part => part.Text("name") == resource).Sum(part => part.Number("scalar"))
                : 0)
            .DefaultIfEmpty(-1)
            .Max();
        var text = $"it asks for {Humane.Amount(asked)} {unit}";
        return most < 0 ? text : $"{text}; the largest of the newest offers had {Humane.Amount(most)}";
    }

    private static string Words(JsonElement app, string name, string otherwise)
    {
        var words = app.Items(name).Select(word => word.ToString()).ToList();
        return words.Count == 0 ? otherwise : string.Join(", ", words);
    }
}
