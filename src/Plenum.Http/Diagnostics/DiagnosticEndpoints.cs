using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Plenum.Http.Diagnostics;

/// <summary>What every Mesos process answers about itself, whichever role it has.</summary>
public sealed class DiagnosticEndpoints(LogVerbosity verbosity)
{
    /// <summary>Levels beyond it say no more; Mesos' own stop at 3.</summary>
    private const int HighestLevel = 100;

    /// <summary><c>/logging/toggle</c>: without a query the level, with level and duration another one for that time.</summary>
    public Task ToggleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var query = context.Request.Query;
        var (level, duration) = ((string?)query["level"], (string?)query["duration"]);
        if (level is null && duration is null)
        {
            return Answers.TextAsync(context, HttpStatusCode.OK, $"{verbosity.Level}\n");
        }

        if (level is null || duration is null)
        {
            return RefuseAsync(context, $"Expecting '{(level is null ? "level" : "duration")}=value' in query.");
        }

        if (!int.TryParse(level, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number is < 0 or > HighestLevel)
        {
            return RefuseAsync(context, $"Invalid level '{level}': it must be a whole number from 0 to {HighestLevel}.");
        }

        if (!DurationText.TryParse(duration, out var time))
        {
            return RefuseAsync(context, $"Invalid duration '{duration}': it must be a number with a unit, such as 10secs or 5mins.");
        }

        verbosity.Set((uint)number, time);
        return Answers.EmptyAsync(context, StatusCodes.Status200OK);
    }

    /// <summary><c>/system/stats.json</c>.</summary>
    public static Task StatisticsAsync(HttpContext context) => Answers.JsonAsync(context, static json =>
    {
        json.WriteStartObject();
        foreach (var (name, value) in SystemStatistics.Read().Statistics)
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
    });

    /// <summary>Profilers of C++ programs; this one has those of its own platform.</summary>
    public static Task ProfilerAsync(HttpContext context) => Answers.TextAsync(
        context,
        HttpStatusCode.NotImplemented,
        $"'{context?.Request.Path}' of Mesos profiles a C++ program and is not served. dotnet-trace and dotnet-gcdump show where "
        + "time and memory of this process go, without a restart");

    /// <summary><c>/help</c>: every path there is; with <c>?format=json</c> as data.</summary>
    public static Task HelpAsync(HttpContext context, string process, IEnumerable<RouteDescription> routes)
    {
        ArgumentNullException.ThrowIfNull(context);
        var sorted = routes.OrderBy(static route => route.Path, StringComparer.Ordinal).ThenBy(static route => route.Method, StringComparer.Ordinal);
        if (string.Equals(context.Request.Query["format"], "json", StringComparison.Ordinal))
        {
            return Answers.JsonAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("processes");
                json.WriteStartObject();
                json.WriteString("id", process);
                json.WriteStartArray("endpoints");
                foreach (var route in sorted)
                {
                    json.WriteStartObject();
                    json.WriteString("name", route.Path);
                    json.WriteString("text", $"{route.Method}, guarded by {route.Rule}");
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
            });
        }

        var text = new StringBuilder($"Paths of {process}, with the method and the authorisation rule of each\n");
        foreach (var route in sorted)
        {
            text.Append(CultureInfo.InvariantCulture, $"{route.Method,-6} {route.Path}  {route.Rule}\n");
        }

        return Answers.TextAsync(context, HttpStatusCode.OK, text.ToString());
    }

    private static Task RefuseAsync(HttpContext context, string reason) =>
        Answers.TextAsync(context, HttpStatusCode.BadRequest, reason + "\n");
}
