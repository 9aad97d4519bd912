using System.Text.Json.Nodes;

namespace Plenum.Marathon.Tests.Api;

public sealed class AppsShould
{
    [Fact]
    public async Task Answer_a_creation_with_the_app_its_place_and_its_deployment_as_the_DCOS_command_line_reads_them()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.CreateAsync("web");

        answer.Headers["Location"].ShouldBe("/web");
        var deployment = answer.Json["deployments"]![0]!["id"]!.GetValue<string>();
        answer.Headers["Marathon-Deployment-Id"].ShouldBe(deployment);
        answer.Json["id"]!.GetValue<string>().ShouldBe("/web");
        answer.Json["tasksRunning"]!.GetValue<int>().ShouldBe(0);
        answer.Json["version"]!.GetValue<string>().ShouldBe(Stored(host, "/web")["version"]!.GetValue<string>());
        answer.Json["versionInfo"].ShouldBeNull();
    }

    [Fact]
    public async Task Show_the_service_port_as_it_was_asked_for_until_the_next_request()
    {
        await using var host = await ApiHost.StartAsync();

        var created = await host.CreateAsync("/web");

        created.Json["portDefinitions"]![0]!["port"]!.GetValue<int>().ShouldBe(0);
        (await host.GetAsync("/v2/apps/web")).Json["app"]!["portDefinitions"]![0]!["port"]!.GetValue<int>().ShouldBe(10_000);
    }

    [Fact]
    public async Task Refuse_to_create_what_exists()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/prod/web");

        var app = await host.SendAsync("POST", "/v2/apps", """{"id": "/prod/web", "cmd": "run"}""");
        app.Status.ShouldBe(409);
        app.Message.ShouldBe("An app with id [/prod/web] already exists.");
        (await host.SendAsync("POST", "/v2/apps", """{"id": "/prod", "cmd": "run"}""")).Status.ShouldBe(409);
        (await host.SendAsync("POST", "/v2/apps", """{"id": "/prod/web/sub", "cmd": "run"}""")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Let_an_app_take_the_place_of_an_empty_group()
    {
        await using var host = await ApiHost.StartAsync();
        (await host.SendAsync("POST", "/v2/groups", """{"id": "/prod"}""")).Status.ShouldBe(201);

        await host.CreateAsync("/prod");

        (await host.GetAsync("/v2/apps/prod")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Merge_top_level_fields_only_in_a_partial_update()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web", """, "env": {"A": "1", "B": "2"}, "labels": {"k": "v"}, "cpus": 0.5""");

        var answer = await host.SendAsync("PUT", "/v2/apps/web", """{"env": {"A": "3"}, "labels": null}""");

        answer.Status.ShouldBe(200);
        answer.Headers["Marathon-Deployment-Id"].ShouldBe(answer.Json["deploymentId"]!.GetValue<string>());
        var app = Stored(host, "/web");
        app["env"]!.ToJsonString().ShouldBe("""{"A":"3"}""");
        app["labels"]!.ToJsonString().ShouldBe("""{"k":"v"}""");
        app["cpus"]!.GetValue<double>().ShouldBe(0.5);
        app["cmd"]!.GetValue<string>().ShouldBe("sleep 1");
    }

    /// <summary>DC/OS' dashboard always sends partialUpdate=false.</summary>
    [Fact]
    public async Task Return_to_the_default_what_a_full_update_does_not_say()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web", """, "labels": {"k": "v"}, "cpus": 0.5""");

        var answer = await host.SendAsync("PUT", "/v2/apps/web?partialUpdate=false", """{"id": "/other", "args": ["run"]}""");

        answer.Status.ShouldBe(200, answer.Body);
        var app = Stored(host, "/web");
        app["labels"]!.AsObject().ShouldBeEmpty();
        app["cmd"].ShouldBeNull();
        app["cpus"]!.GetValue<double>().ShouldBe(1);
    }

    [Fact]
    public async Task Create_by_PUT_and_never_by_PATCH()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("PATCH", "/v2/apps/web", """{"cmd": "run"}""")).Status.ShouldBe(404);
        var put = await host.SendAsync("PUT", "/v2/apps/web", """{"cmd": "run"}""");
        put.Status.ShouldBe(201);
        put.Headers["Location"].ShouldBe("/web");
        put.Json["deploymentId"].ShouldNotBeNull();
        (await host.SendAsync("PATCH", "/v2/apps/web", """{"cmd": "run 2"}""")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Return_to_a_stored_version_that_is_named_alone()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        var first = Stored(host, "/web")["version"]!.GetValue<string>();
        await host.SendAsync("PUT", "/v2/apps/web", """{"cmd": "other"}""");

        var mixed = await host.SendAsync("PUT", "/v2/apps/web", $$"""{"version": "{{first}}", "cpus": 1}""");
        mixed.Status.ShouldBe(422);
        mixed.Message.ShouldBe("The 'version' field may only be combined with the 'id' field.");
        (await host.SendAsync("PUT", "/v2/apps/web", """{"version": "2001-01-01T00:00:00.000Z"}""")).Status.ShouldBe(422);
        (await host.SendAsync("PUT", "/v2/apps/web", $$"""{"id": "/web", "version": "{{first}}"}""")).Status.ShouldBe(200);

        Stored(host, "/web")["cmd"]!.GetValue<string>().ShouldBe("sleep 1");
    }

    [Fact]
    public async Task Wrap_the_current_app_and_not_a_stored_version()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        await host.SendAsync("PUT", "/v2/apps/web", """{"cmd": "other"}""");

        var versions = (await host.GetAsync("/v2/apps/web/versions")).Json["versions"]!.AsArray().Select(node => node!.GetValue<string>()).ToList();
        versions.Count.ShouldBe(2);
        versions.ShouldBe(versions.OrderDescending());
        var old = await host.GetAsync($"/v2/apps/web/versions/{versions[1]}");
        old.Json["cmd"]!.GetValue<string>().ShouldBe("sleep 1");
        (await host.GetAsync("/v2/apps/web")).Json["app"]!["cmd"]!.GetValue<string>().ShouldBe("other");
        (await host.GetAsync("/v2/apps/web/versions/2001-01-01T00:00:00.000Z")).Status.ShouldBe(404);
        (await host.GetAsync("/v2/apps/web/versions/latest")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Force_a_deletion_unless_told_otherwise()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");

        (await host.SendAsync("DELETE", "/v2/apps/web")).Json["deploymentId"].ShouldNotBeNull();
        host.Marathon.LastUpdate!.Force.ShouldBeTrue();

        await host.CreateAsync("/web");
        await host.SendAsync("DELETE", "/v2/apps/web?force=no");
        host.Marathon.LastUpdate!.Force.ShouldBeFalse();
    }

    /// <summary>The Python command line sends scale=True.</summary>
    [Theory]
    [InlineData("True", true)]
    [InlineData("TRUE", true)]
    [InlineData("yes", false)]
    [InlineData("1", false)]
    [InlineData("", false)]
    public async Task Read_flags_as_Java_does_and_never_complain_about_them(string value, bool expected)
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", $"/v2/apps?force={value}", """{"id": "/web", "cmd": "run"}""");

        answer.Status.ShouldBe(201);
        host.Marathon.LastUpdate!.Force.ShouldBe(expected);
    }

    [Fact]
    public async Task Name_the_app_to_restart_and_leave_its_definition()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/prod/web");

        (await host.SendAsync("POST", "/v2/apps/prod/web/restart")).Status.ShouldBe(200);

        host.Marathon.LastUpdate!.Restart.ShouldHaveSingleItem().Text.ShouldBe("/prod/web");
        host.Marathon.LastUpdate.Group.Text.ShouldBe("/prod");
    }

    [Fact]
    public async Task Change_several_apps_in_one_step_or_none()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("PUT", "/v2/apps", """[{"id": "/a", "cmd": "run"}, {"id": "/b", "cmd": "run"}]""")).Status.ShouldBe(200);
        (await host.SendAsync("PATCH", "/v2/apps", """[{"id": "/a", "instances": 5}, {"id": "/none", "instances": 5}]""")).Status.ShouldBe(404);

        Stored(host, "/a")["instances"]!.GetValue<int>().ShouldBe(1);
        (await host.SendAsync("PATCH", "/v2/apps", """[{"id": "/a", "instances": 5}, {"id": "/b", "instances": 6}]""")).Status.ShouldBe(200);
        Stored(host, "/b")["instances"]!.GetValue<int>().ShouldBe(6);
    }

    [Fact]
    public async Task Be_found_by_command_id_and_labels()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/prod/web", """, "labels": {"tier": "front"}""");
        await host.CreateAsync("/prod/db", """, "labels": {"tier": "back"}""");
        await host.CreateAsync("/batch");

        (await Ids(host, "/v2/apps?id=prod")).ShouldBe(["/prod/db", "/prod/web"]);
        (await Ids(host, "/v2/apps?cmd=SLEEP&label=tier==front")).ShouldBe(["/prod/web"]);
        (await Ids(host, "/v2/apps?label=tier!=front")).ShouldBe(["/prod/db"]);
        (await Ids(host, "/v2/apps/prod/*")).ShouldBe(["/prod/db", "/prod/web"]);
        (await host.GetAsync("/v2/apps?label=tier%20in%20front")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Announce_the_stored_app_to_the_event_stream()
    {
        await using var host = await ApiHost.StartAsync();
        using var subscription = host.Marathon.Events.Subscribe(10);

        await host.CreateAsync("/web");

        subscription.Events.TryRead(out var happened).ShouldBeTrue();
        var post = happened.ShouldBeOfType<Plenum.Marathon.Events.MarathonEvent.ApiPost>();
        post.Uri.ShouldBe("/v2/apps");
        post.App.ServicePorts.ShouldBe([10_000]);
    }

    [Theory]
    [InlineData("POST", "/v2/apps", """{"id": "/other", "cmd": "sleep 1"}""")]
    [InlineData("PUT", "/v2/apps/web", """{"instances": 9}""")]
    [InlineData("PATCH", "/v2/apps/web", """{"instances": 9}""")]
    [InlineData("PUT", "/v2/apps", """[{"id": "/web", "instances": 9}]""")]
    [InlineData("DELETE", "/v2/apps/web", null)]
    [InlineData("POST", "/v2/apps/web/restart", null)]
    public async Task Plan_and_change_nothing_when_asked_for_a_dry_run(string method, string path, string? body)
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        var before = host.Marathon.Snapshot.Root;

        var answer = await host.SendAsync(method, path + "?dryRun=true", body);

        answer.Status.ShouldBe(200);
        answer.Json["steps"].ShouldNotBeNull();
        host.Marathon.Snapshot.Root.ShouldBeSameAs(before);
    }

    private static JsonNode Stored(ApiHost host, string id) =>
        JsonNode.Parse(Plenum.Marathon.Definitions.Writing.AppWriter.ToJson(
            host.Marathon.Snapshot.Root.FindApp(Plenum.Marathon.Definitions.PathId.Parse(id))!))!;

    private static async Task<IReadOnlyList<string>> Ids(ApiHost host, string path)
    {
        var json = (await host.GetAsync(path)).Json;
        return [.. (json["apps"] ?? json["*"])!.AsArray().Select(app => app!["id"]!.GetValue<string>())];
    }
}
