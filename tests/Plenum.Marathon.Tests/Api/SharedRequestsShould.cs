using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Marathon.Core;
using Plenum.Marathon.Tests.Definitions;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Storage;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Marathon.Tests.Api;

/// <summary>
/// Every file of the shared examples that is a request, sent to the whole server over HTTP: it is accepted and can be
/// read back. The rest are answers (<see cref="SharedAnswersShould"/>): app_list, app_task, app_tasks, tasks,
/// deployments, deployments_result, deployment_steps, info, queue and events.txt.
/// </summary>
public sealed class SharedRequestsShould : IAsyncLifetime, IDisposable
{
    private readonly MemoryStateStore _store = new();
    private MarathonServer _server = null!;
    private readonly HttpClient _client = new();

    public async Task InitializeAsync()
    {
        _server = await MarathonServer.StartAsync(
            new MarathonOptions { Port = 0 }, new NoMaster(), _store, TimeProvider.System, NullLoggerFactory.Instance, default);
        _client.BaseAddress = _server.Address;
    }

    public void Dispose() => _client.Dispose();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>
    /// docker-http-server, pinger-bridge: mapped ports in the form before 1.5. external-volume: a volume driver.
    /// healthcheck-and-volume, resident-docker: persistent volumes on a container network by ipAddress. ipv6: a check by
    /// the newer protocol. private-ucr: a pull secret. The others are plain.
    /// </summary>
    [SharedDataTheory]
    [InlineData("app-check-http-example.json", "/http-index-test")]
    [InlineData("system/apps-docker-http-server.json", "/docker-http-server")]
    [InlineData("system/apps-external-volume-mesos-app.json", "/external-volume-app")]
    [InlineData("system/apps-healthcheck-and-volume.json", "/healthcheck-and-volume")]
    [InlineData("system/apps-ipv6-healthcheck.json", "/test-ipv6")]
    [InlineData("system/apps-mesos-app.json", "/mesos-app")]
    [InlineData("system/apps-pinger-bridge-app.json", "/pinger-bridge-app")]
    [InlineData("system/apps-pinger-localhost-app.json", "/pinger-localhost-app")]
    [InlineData("system/apps-private-ucr-docker-app.json", "/private-ucr-docker-app")]
    [InlineData("system/apps-resident-docker-app.json", "/resident-docker-app")]
    [InlineData("system/apps-ucr-docker-http-server.json", "/ucr-docker-http-server")]
    public async Task Be_accepted_as_new_apps_and_again_as_replacements(string file, string id)
    {
        var created = await SendAsync("POST", "/v2/apps", Text(file), HttpStatusCode.Created);
        created["id"]!.GetValue<string>().ShouldBe(id);

        // The same again is a deployment without steps, and so is what is read back.
        await SendAsync("PUT", $"/v2/apps{id}?force=true", Text(file), HttpStatusCode.OK);
        var app = (await SendAsync("GET", $"/v2/apps{id}", null, HttpStatusCode.OK))["app"]!;
        foreach (var name in new[] { "tasks", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy", "deployments", "version", "versionInfo" })
        {
            app.AsObject().Remove(name);
        }

        await SendAsync("PUT", $"/v2/apps{id}?force=true&partialUpdate=false", app.ToJsonString(), HttpStatusCode.OK);
        (await SendAsync("GET", $"/v2/apps{id}/versions", null, HttpStatusCode.OK))["versions"]!.AsArray().Count.ShouldBe(1);
    }

    [SharedDataFact]
    public async Task Be_accepted_as_lists_and_as_partial_updates()
    {
        await SendAsync("PUT", "/v2/apps", Text("apps_create.json"), HttpStatusCode.OK);
        await SendAsync("PATCH", "/v2/apps?force=true", Text("apps_patch.json"), HttpStatusCode.OK);
        await SendAsync("POST", "/v2/apps", """{"id": "/foo", "cmd": "sleep 1"}""", HttpStatusCode.Created);
        await SendAsync("PATCH", "/v2/apps/foo?force=true", Text("app_patch.json"), HttpStatusCode.OK);
        (await SendAsync("GET", "/v2/apps/foo", null, HttpStatusCode.OK))["app"]!["instances"]!.GetValue<int>().ShouldBe(2);
    }

    /// <summary>group.json is the root itself: it can be put, not created. The large ones are a group below it.</summary>
    [SharedDataTheory]
    [InlineData("PUT", "group.json", "/", 3)]
    [InlineData("POST", "large/group-100.json", "/cudcos", 100)]
    [InlineData("POST", "large/group-1000.json", "/cudcos", 1000)]
    public async Task Be_accepted_as_groups(string method, string file, string group, int apps)
    {
        await SendAsync(method, "/v2/groups", Text(file), method == "PUT" ? HttpStatusCode.OK : HttpStatusCode.Created);
        (await SendAsync("GET", $"/v2/apps{group.TrimEnd('/')}/*", null, HttpStatusCode.OK))["*"]!.AsArray().Count.ShouldBe(apps);
    }

    /// <summary>
    /// app.json shows every field at once, among them fields that exclude each other; Marathon takes it no more than
    /// this does. Each contradiction is named, and what is left of the file without them is taken.
    /// </summary>
    [SharedDataFact]
    public async Task Be_refused_only_where_the_documentation_contradicts_itself()
    {
        var refused = await SendAsync("POST", "/v2/apps", Text("app.json"), HttpStatusCode.UnprocessableEntity);
        refused["details"]!.AsArray().Select(detail => detail!["path"]!.GetValue<string>()).ShouldBe(["/ipAddress"]);

        var app = JsonNode.Parse(Text("app.json"))!.AsObject();
        app.Remove("ipAddress"); // beside docker.network BRIDGE
        refused = await SendAsync("POST", "/v2/apps", app.ToJsonString(), HttpStatusCode.UnprocessableEntity);
        refused["details"]!.AsArray().Select(detail => detail!["path"]!.GetValue<string>())
            .ShouldBe(["/portDefinitions", "/", "/acceptedResourceRoles", "/env(PASSWORD)/secret"], ignoreOrder: true);

        app.Remove("portDefinitions"); // of host mode, beside mapped ports
        app.Remove("args"); // beside cmd
        app["acceptedResourceRoles"] = new JsonArray("*"); // a role that is not the app's
        app["env"]!["PASSWORD"]!["secret"] = "secret1"; // the source of a secret where its name belongs
        await SendAsync("POST", "/v2/apps", app.ToJsonString(), HttpStatusCode.Created);
    }

    private async Task<JsonNode> SendAsync(string method, string path, string? json, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_server.Address, path));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(expected, body);
        return JsonNode.Parse(body).ShouldNotBeNull();
    }

    private static string Text(string file) => Encoding.UTF8.GetString(SharedData.Read(file));

    private sealed class NoMaster : ISchedulerTransport
    {
        public Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken) =>
            Task.FromException<ISchedulerConnection>(new IOException("there is no master in this test"));
    }
}
