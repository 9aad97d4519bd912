using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Http.Diagnostics;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Metrics;
using Plenum.Master.Operator;
using Plenum.Master.Reads;

namespace Plenum.Master.State;

/// <summary>The v0 JSON endpoints: GET, JSON, optionally wrapped for a script.</summary>
internal sealed class StateEndpoints(
    SharedReads reads, V0State state, MasterMetrics metrics, MasterIdentity identity, Teardown teardown, RequestPace pace)
{
    // Validation is for writers that might be wrong; the shapes here are fixed and tested.
    private static readonly JsonWriterOptions Fast = new() { SkipValidation = true };

    public Task StateAsync(HttpContext context) => ReadAsync(context, "state", state.WriteState);

    public Task SummaryAsync(HttpContext context) => ReadAsync(context, "state-summary", state.WriteSummary);

    public Task SlavesAsync(HttpContext context)
    {
        string? only = context.Request.Query["slave_id"];
        return ReadAsync(context, $"slaves {only}", (json, snapshot) => V0State.WriteSlaves(json, snapshot, only));
    }

    public Task FrameworksAsync(HttpContext context)
    {
        string? only = context.Request.Query["framework_id"];
        return ReadAsync(
            context, $"frameworks {only}", (json, snapshot) => V0State.WriteFrameworks(json, snapshot, only));
    }

    public Task TasksAsync(HttpContext context) =>
        V0TaskList.From(context.Request.Query, out var problem) is { } list
            ? ReadAsync(context, $"tasks {list}", list.Write)
            : Answers.TextAsync(context, HttpStatusCode.BadRequest, problem!);

    public Task RolesAsync(HttpContext context) => ReadAsync(context, "roles", V0Roles.Write);

    public Task OfferConstraintsAsync(HttpContext context) =>
        ReadAsync(context, "offer constraints", V0OfferConstraints.Write);

    public Task WeightsAsync(HttpContext context) => ReadAsync(context, "weights", V0Allocation.WriteWeights);

    public Task PrioritiesAsync(HttpContext context) => ReadAsync(context, "priorities", PriorityEndpoint.Write);

    public Task QuotaAsync(HttpContext context) => ReadAsync(context, "quota", V0Allocation.WriteQuota);

    public Task ScheduleAsync(HttpContext context) => ReadAsync(context, "maintenance schedule", V0Allocation.WriteSchedule);

    public Task MaintenanceAsync(HttpContext context) => ReadAsync(context, "maintenance status", V0Allocation.WriteMaintenance);

    public Task RegistryAsync(HttpContext context) => ReadAsync(
        context, "registry", (json, snapshot) => V0Registry.Write(json, snapshot, identity.Info));

    /// <summary>The time that Mesos lets slow metrics have; none is slow here.</summary>
    public async Task MetricsAsync(HttpContext context)
    {
        string? timeout = context.Request.Query["timeout"];
        if (timeout is not null && !DurationText.TryParse(timeout, out _))
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, $"Invalid timeout '{timeout}': it must be a number with a unit, such as 10secs");
        }
        else if (!await pace.EnterAsync(context.RequestAborted))
        {
            await (pace.IsClosed
                ? Answers.TextAsync(context, HttpStatusCode.ServiceUnavailable, "The master stops: ask the one that leads next")
                : Answers.TextAsync(context, HttpStatusCode.TooManyRequests, "Too many requests for metrics wait: they are answered twice a second"));
        }
        else
        {
            await ReadAsync(context, "metrics", WriteMetrics, keep: false);
        }
    }

    private void WriteMetrics(Utf8JsonWriter json, ClusterSnapshot snapshot)
    {
        json.WriteStartObject();
        foreach (var (name, value) in metrics.Collect(snapshot))
        {
            json.WriteDouble(name, value);
        }

        json.WriteEndObject();
    }

    public Task FlagsAsync(HttpContext context) => Answers.JsonAsync(context, Render(state.WriteFlags));

    public static Task VersionAsync(HttpContext context) => Answers.JsonAsync(context, Render(V0State.WriteVersion));

    public static Task HealthAsync(HttpContext context)
    {
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>Host and port of the leader; clients send their request there again by themselves.</summary>
    public Task RedirectAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        context.Response.Headers.Location = identity.RedirectLocation;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    public async Task TeardownAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            await Answers.TextAsync(
                context, HttpStatusCode.BadRequest, "The body must be a form with 'frameworkId=<id>'");
            return;
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        await teardown.HandleAsync(context, form["frameworkId"]);
    }

    private async Task ReadAsync(
        HttpContext context, string key, Action<Utf8JsonWriter, ClusterSnapshot> write, bool keep = true)
    {
        var body = await reads.GetAsync(
            key,
            (snapshot, output) =>
            {
                using var json = new Utf8JsonWriter(output, Fast);
                write(json, snapshot);
            },
            keep,
            context.RequestAborted);
        await Answers.JsonAsync(context, body);
    }

    private static ReadOnlyMemory<byte> Render(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Fast))
        {
            write(json);
        }

        return output.WrittenMemory;
    }
}
