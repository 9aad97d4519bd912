using System.Text.Json.Nodes;

namespace Plenum.Marathon.Tests.Api;

public sealed class GroupsShould
{
    private const string Shop =
        """
        {"id": "/shop", "dependencies": ["../base"],
         "apps": [{"id": "web", "cmd": "run", "dependencies": ["db/main"]}],
         "groups": [{"id": "db", "apps": [{"id": "main", "cmd": "run", "instances": 3}, {"id": "/shop/db/spare", "cmd": "run", "instances": 0}]}]}
        """;

    [Fact]
    public async Task Resolve_relative_ids_against_the_group_around_them()
    {
        await using var host = await StartAsync();

        var shop = (await host.GetAsync("/v2/groups/shop")).Json;

        shop["apps"]![0]!["id"]!.GetValue<string>().ShouldBe("/shop/web");
        shop["apps"]![0]!["dependencies"]!.ToJsonString().ShouldBe("""["/shop/db/main"]""");
        shop["groups"]![0]!["apps"]![0]!["id"]!.GetValue<string>().ShouldBe("/shop/db/main");
        shop["dependencies"]!.ToJsonString().ShouldBe("""["/base"]""");
        shop["enforceRole"]!.GetValue<bool>().ShouldBeFalse();
        shop["groups"]![0]!["enforceRole"].ShouldBeNull();
    }

    [Fact]
    public async Task Lose_the_default_parts_when_any_part_is_named()
    {
        await using var host = await StartAsync();

        var all = (await host.GetAsync("/v2/groups/shop")).Json;
        all["apps"].ShouldNotBeNull();
        all["groups"].ShouldNotBeNull();
        all["pods"].ShouldNotBeNull();
        all["apps"]![0]!["tasksRunning"].ShouldBeNull();

        var some = (await host.GetAsync("/v2/groups/shop?embed=group.apps&embed=group.apps.counts")).Json;
        some["apps"]![0]!["tasksRunning"]!.GetValue<int>().ShouldBe(0);
        some["groups"].ShouldBeNull();
        some["pods"].ShouldBeNull();
    }

    /// <summary>DC/OS' dashboard breaks when an id does not begin with a slash or ends with one.</summary>
    [Fact]
    public async Task Have_ids_that_begin_with_a_slash_and_do_not_end_with_one()
    {
        await using var host = await StartAsync();

        var root = (await host.GetAsync(
            "/v2/groups?embed=group.groups&embed=group.apps&embed=group.pods&embed=group.apps.deployments&embed=group.apps.counts"
            + "&embed=group.apps.tasks&embed=group.apps.taskStats&embed=group.apps.lastTaskFailure")).Json;

        root["id"]!.GetValue<string>().ShouldBe("/");
        AllIds(root).Where(id => id != "/").ShouldAllBe(id => id.StartsWith('/') && !id.EndsWith('/'));
        AllIds(root).Count().ShouldBe(6);
    }

    [Fact]
    public async Task Replace_what_a_document_lists_and_keep_what_it_does_not_mention()
    {
        await using var host = await StartAsync();

        (await host.SendAsync("PUT", "/v2/groups/shop", """{"apps": [{"id": "api", "cmd": "run"}]}""")).Status.ShouldBe(200);

        Apps(host).ShouldBe(["/shop/api", "/shop/db/main", "/shop/db/spare"]);
        (await host.SendAsync("PUT", "/v2/groups/shop", """{"groups": []}""")).Status.ShouldBe(200);
        Apps(host).ShouldBe(["/shop/api"]);
    }

    [Fact]
    public async Task Multiply_the_instances_of_everything_below_and_round_up()
    {
        await using var host = await StartAsync();

        (await host.SendAsync("PUT", "/v2/groups/shop", """{"scaleBy": 1.5}""")).Status.ShouldBe(200);

        host.Marathon.Snapshot.Root.AllApps.Select(app => app.Instances).ShouldBe([2, 5, 0]);
        (await host.SendAsync("PUT", "/v2/groups/shop", """{"scaleBy": 2, "apps": []}""")).Status.ShouldBe(422);
        (await host.SendAsync("PUT", "/v2/groups/shop", """{"scaleBy": 1e6}""")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Return_to_a_stored_version()
    {
        await using var host = await StartAsync();
        var versions = await host.GetAsync("/v2/groups/shop/versions");
        var first = versions.Json.AsArray()[0]!.GetValue<string>();
        await host.SendAsync("PUT", "/v2/groups/shop", """{"apps": [], "groups": []}""");
        Apps(host).ShouldBeEmpty();

        (await host.SendAsync("PUT", "/v2/groups/shop", $$"""{"version": "{{first}}"}""")).Status.ShouldBe(200);

        Apps(host).Count().ShouldBe(3);
        (await host.GetAsync($"/v2/groups/shop/versions/{first}")).Json["id"]!.GetValue<string>().ShouldBe("/shop");
        (await host.SendAsync("PUT", "/v2/groups/shop", """{"version": "2001-01-01T00:00:00.000Z"}""")).Status.ShouldBe(422);
        (await host.GetAsync("/v2/groups/shop/versions/2001-01-01T00:00:00.000Z")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Show_the_plan_of_a_dry_run_and_change_nothing()
    {
        await using var host = await StartAsync();

        var plan = await host.SendAsync("PUT", "/v2/groups/shop?dryRun=true", """{"apps": []}""");

        plan.Status.ShouldBe(200);
        plan.Json["steps"]![0]!["actions"]![0]!["action"]!.GetValue<string>().ShouldBe("ScaleApplication");
        Apps(host).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Be_created_once()
    {
        await using var host = await StartAsync();

        var again = await host.SendAsync("POST", "/v2/groups", """{"id": "/shop"}""");

        again.Status.ShouldBe(409);
        again.Message.ShouldBe("Group /shop is already created. Use PUT to change this group.");
        var below = await host.SendAsync("POST", "/v2/groups/shop", """{"id": "cache"}""");
        below.Status.ShouldBe(201);
        below.Headers["Location"].ShouldBe("/shop/cache");
        (await host.SendAsync("POST", "/v2/groups", """{"id": "/shop/web"}""")).Status.ShouldBe(409);
        (await host.SendAsync("POST", "/v2/groups", "{}")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Refuse_apps_that_lie_elsewhere_clash_or_are_listed_twice()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync(
            "PUT",
            "/v2/groups/g",
            """
            {"apps": [{"id": "/other/a", "cmd": "run"}, {"id": "b", "cmd": "run"}, {"id": "b", "cmd": "run"}, {"cmd": "run"}],
             "groups": [{"id": "sub", "apps": [{"id": "c"}]}]}
            """);

        answer.Status.ShouldBe(422);
        answer.Json["details"]!.AsArray().Select(detail => detail!["path"]!.GetValue<string>()).ShouldBe(["/apps(3)/id"]);
        answer = await host.SendAsync(
            "PUT",
            "/v2/groups/g",
            """
            {"apps": [{"id": "/other/a", "cmd": "run"}, {"id": "b", "cmd": "run"}, {"id": "b", "cmd": "run"}],
             "groups": [{"id": "sub", "apps": [{"id": "c"}]}]}
            """);
        answer.Json["details"]!.AsArray().Select(detail => detail!["path"]!.GetValue<string>())
            .ShouldBe(["/apps(0)/id", "/apps(2)/id", "/groups(0)/apps(0)"], ignoreOrder: true);
    }

    [Fact]
    public async Task Switch_the_role_rule_by_PATCH_and_hold_new_apps_to_it()
    {
        await using var host = await StartAsync();

        var patch = await host.SendAsync("PATCH", "/v2/groups/shop", """{"enforceRole": true}""");
        patch.Status.ShouldBe(200);
        patch.Body.ShouldBeEmpty();

        await host.CreateAsync("/shop/fresh");
        host.Marathon.Snapshot.Root.FindApp(Plenum.Marathon.Definitions.PathId.Parse("/shop/fresh"))!.Role.ShouldBe("shop");
        (await host.SendAsync("POST", "/v2/apps", """{"id": "/shop/odd", "cmd": "run", "role": "*"}""")).Status.ShouldBe(422);
        (await host.SendAsync("PUT", "/v2/apps/shop/web", """{"instances": 9}""")).Status.ShouldBe(200);
        (await host.SendAsync("PATCH", "/v2/groups/shop/db", """{"enforceRole": true}""")).Status.ShouldBe(422);
        (await host.SendAsync("PATCH", "/v2/groups/none", """{"enforceRole": true}""")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Be_deleted_with_everything_in_them_and_without_force_by_default()
    {
        await using var host = await StartAsync();

        (await host.SendAsync("DELETE", "/v2/groups/shop")).Json["deploymentId"].ShouldNotBeNull();

        host.Marathon.LastUpdate!.Force.ShouldBeFalse();
        Apps(host).ShouldBeEmpty();
        (await host.GetAsync("/v2/groups/shop")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task List_versions_and_apps_as_bare_arrays()
    {
        await using var host = await StartAsync();

        (await host.GetAsync("/v2/groups/versions")).Json.ShouldBeOfType<JsonArray>().Count.ShouldBe(1);
        (await host.GetAsync("/v2/groups/apps")).Json.ShouldBeOfType<JsonArray>().Count.ShouldBe(3);
    }

    private static async Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        var answer = await host.SendAsync("POST", "/v2/groups", Shop);
        answer.Status.ShouldBe(201, answer.Body);
        answer.Headers["Location"].ShouldBe("/shop");
        return host;
    }

    private static IEnumerable<string> Apps(ApiHost host) => host.Marathon.Snapshot.Root.AllApps.Select(app => app.Id.Text);

    private static IEnumerable<string> AllIds(JsonNode group) =>
        new[] { group["id"]!.GetValue<string>() }
            .Concat(group["apps"]!.AsArray().Select(app => app!["id"]!.GetValue<string>()))
            .Concat(group["groups"]!.AsArray().SelectMany(child => AllIds(child!)));
}
