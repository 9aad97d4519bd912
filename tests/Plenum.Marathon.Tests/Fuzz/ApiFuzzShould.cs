using System.Net;
using System.Text;
using System.Text.Json;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Tests.Api;
using Plenum.Marathon.Tests.Definitions;
using Plenum.Tests.Fuzz;

namespace Plenum.Marathon.Tests.Fuzz;

/// <summary>Damaged requests at the whole API over HTTP: each is answered, refusals in Marathon's own form.</summary>
public sealed class ApiFuzzShould
{
    private static readonly string[] Paths =
    [
        "/v2/apps", "/v2/apps/a", "/v2/apps/*", "/v2/apps/a/*", "/v2/apps/a/tasks", "/v2/apps/a/tasks/x", "/v2/apps/a/versions", "/v2/apps/a/versions/",
        "/v2/apps/a/restart", "/v2/groups", "/v2/groups/a", "/v2/groups/apps", "/v2/groups/versions", "/v2/groups/versions/", "/v2/groups/a/versions/",
        "/v2/tasks", "/v2/tasks/delete", "/v2/deployments", "/v2/deployments/", "/v2/queue", "/v2/queue/a/delay", "/v2/info", "/v2/leader",
        "/v2/plugins", "/ping", "/metrics", "/metrics/prometheus", "/v2/pods", "/v2/pods/a::status", "/", "/v2/",
    ];

    private static readonly string[] Parameters =
    [
        "cmd", "dryRun", "embed", "embed", "force", "force", "host", "id", "label", "label", "lastUnusedOffers", "partialUpdate", "scale", "status",
        "status[]", "wipe",
    ];

    private static readonly HttpMethod[] Methods = [HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete, HttpMethod.Head];

    /// <summary>Valid, with something of everything.</summary>
    private const string Whole =
        """
        {
          "id": "ID", "cmd": "sleep 1", "instances": 2, "cpus": 0.5, "mem": 64, "env": {"A": "b"}, "labels": {"k": "v"},
          "container": {"type": "MESOS", "docker": {"image": "busybox"}, "portMappings": [{"containerPort": 80, "name": "http"}],
                        "volumes": [{"containerPath": "/x", "hostPath": "/tmp", "mode": "RO"}]},
          "networks": [{"mode": "container/bridge"}], "constraints": [["hostname", "UNIQUE"], ["rack", "LIKE", "r.*"]],
          "healthChecks": [{"protocol": "MESOS_HTTP", "path": "/", "portIndex": 0}], "fetch": [{"uri": "http://x/y.tgz"}],
          "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0.2}, "backoffFactor": 1.5, "user": "nobody"
        }
        """;

    [Fact]
    public async Task Answer_any_request_in_the_form_of_the_API()
    {
        var errors = new ErrorLog();
        await using var host = await ApiHost.StartAsync(loggers: errors);
        await host.CreateAsync("/a");
        host.Marathon.Run("/a", "host1", "host2");
        using var http = new HttpFuzz(host.Address, errors, CheckRefusal, MayFail);
        foreach (var fuzz in Damage.Cases(3_000))
        {
            var path = fuzz.Pick(Paths);
            path += path.EndsWith('/') && fuzz.Chance(0.7) ? Uri.EscapeDataString(fuzz.Text()) : string.Empty;
            var method = fuzz.Pick(Methods);
            var body = method == HttpMethod.Get || method == HttpMethod.Head ? null : Body(fuzz, path);
            await http.SendAsync(
                fuzz, method, path + fuzz.Query(Parameters), body, fuzz.Chance(0.95) ? "application/json" : fuzz.Text(), ("Accept", fuzz.Chance(0.9) ? "application/json" : fuzz.Text()));
        }

        http.Answers[200].ShouldBeGreaterThan(100, "enough requests passed the door");
        http.Answers[201].ShouldBeGreaterThan(5, "and enough definitions were whole");
        (await host.GetAsync("/v2/apps")).Status.ShouldBe(200);
        errors.Entries.ShouldBeEmpty();
    }

    private static byte[] Body(Damage fuzz, string path)
    {
        var app = AppWriter.ToJson(new AppGenerator(fuzz.Seed).App());
        var body = path.StartsWith("/v2/groups", StringComparison.Ordinal)
            ? [.. "{\"id\":\"g\",\"apps\":["u8, .. app, .. "],\"groups\":[{\"id\":\"h\"}]}"u8]
            : path == "/v2/tasks/delete" ? """{"ids":["a.instance-1._app.1"]}"""u8.ToArray()
            : fuzz.Chance(0.2) ? [(byte)'[', .. app, (byte)']']
            : fuzz.Chance(0.6) ? Encoding.UTF8.GetBytes(Whole.Replace("ID", path == "/v2/apps" ? $"/f{fuzz.Seed}" : "/a", StringComparison.Ordinal))
            : app;
        return fuzz.Random.Next(3) switch { 0 => body, 1 => fuzz.Json(body), _ => fuzz.Bytes(body) };
    }

    // 500 for a path that does not exist is the original's way.
    private static bool MayFail(HttpStatusCode status, string text) =>
        status == HttpStatusCode.InternalServerError && text.Contains("URI not found", StringComparison.Ordinal);

    /// <summary>An object with a message.</summary>
    private static void CheckRefusal(HttpStatusCode status, string text, string? contentType)
    {
        if (text.Length == 0)
        {
            return;
        }

        using var json = JsonDocument.Parse(text);
        json.RootElement.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        contentType.ShouldNotBeNull().ShouldStartWith("application/json");
    }
}
