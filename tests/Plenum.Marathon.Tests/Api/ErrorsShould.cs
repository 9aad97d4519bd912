using System.Net;
using System.Text;
using Plenum.Marathon.Api;
using Plenum.Marathon.Core;

namespace Plenum.Marathon.Tests.Api;

/// <summary>The shapes by which the DC/OS command line and dashboard tell one failure from another.</summary>
public sealed class ErrorsShould
{
    [Fact]
    public async Task Be_400_with_a_text_for_broken_JSON()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", "/v2/apps", "{\"id\": ");

        answer.Status.ShouldBe(400);
        answer.Message.ShouldBe("Invalid JSON");
        answer.Json["details"]!.GetValueKind().ShouldBe(System.Text.Json.JsonValueKind.String);
    }

    [Fact]
    public async Task Be_400_and_ask_for_data_where_there_is_none()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", "/v2/apps", "");

        answer.Status.ShouldBe(400);
        answer.Message.ShouldBe("Please specify data in JSON format");
    }

    [Fact]
    public async Task Be_422_with_a_list_of_paths_for_a_wrong_type()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", "/v2/apps", """{"id": 1, "cmd": "run"}""");

        answer.Status.ShouldBe(422);
        answer.Body.ShouldBe("""{"message":"Invalid JSON","details":[{"path":"/id","errors":["error.expected.jsstring"]}]}""");
    }

    [Fact]
    public async Task Be_422_of_another_message_for_a_broken_rule_and_change_nothing()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", "/v2/apps", """{"id": "a"}""");

        answer.Status.ShouldBe(422);
        answer.Message.ShouldBe("Object is not valid");
        answer.Json["details"]![0]!["path"]!.GetValue<string>().ShouldBe("/");
        host.Marathon.Snapshot.Root.AllApps.ShouldBeEmpty();
    }

    [Fact]
    public async Task Name_the_item_of_a_list_that_is_wrong()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("PUT", "/v2/apps", """[{"id": "/a", "cmd": "run"}, {"id": "/b", "cmd": "run", "portDefinitions": [{"port": 80}, {"port": 80}]}]""");

        answer.Status.ShouldBe(422);
        answer.Json["details"]![0]!["path"]!.GetValue<string>().ShouldBe("/(1)/portDefinitions");
        host.Marathon.Snapshot.Root.AllApps.ShouldBeEmpty();
    }

    [Fact]
    public async Task Be_409_with_the_deployments_in_the_way_by_which_the_dashboard_recognises_a_lock()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/a");
        host.Marathon.Instead = new RootUpdateResult.Conflict(["d1", "d2"]);

        var locked = await host.SendAsync("PUT", "/v2/apps/a", """{"instances": 2}""");

        locked.Status.ShouldBe(409);
        locked.Message!.ShouldStartWith("App is locked by one or more deployments. Override with the option '?force=true'.");
        locked.Json["deployments"]!.ToJsonString().ShouldBe("""[{"id":"d1"},{"id":"d2"}]""");
        (await host.SendAsync("PUT", "/v2/apps/a?force=true", """{"instances": 2}""")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Be_403_when_too_many_deployments_run()
    {
        await using var host = await ApiHost.StartAsync();
        host.Marathon.Instead = new RootUpdateResult.TooManyDeployments(100);

        (await host.SendAsync("PUT", "/v2/apps/a", """{"cmd": "run"}""")).Status.ShouldBe(403);
    }

    [Fact]
    public async Task Be_500_when_the_service_ports_are_used_up_and_503_when_the_queue_is_full()
    {
        await using var host = await ApiHost.StartAsync();
        host.Marathon.Instead = new RootUpdateResult.NoServicePorts("all taken");
        (await host.SendAsync("PUT", "/v2/apps/a", """{"cmd": "run"}""")).Status.ShouldBe(500);

        host.Marathon.IsBusy = true;
        (await host.SendAsync("PUT", "/v2/apps/a", """{"cmd": "run"}""")).Status.ShouldBe(503);
    }

    [Fact]
    public async Task Be_415_for_another_type_of_body()
    {
        await using var host = await ApiHost.StartAsync();
        using var content = new StringContent("""{"id": "a", "cmd": "run"}""", Encoding.UTF8, "application/x-www-form-urlencoded");

        using var response = await host.Client.PostAsync(new Uri(host.Address, "/v2/apps"), content);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Be_413_for_a_body_over_the_limit_with_or_without_a_length(bool announced)
    {
        await using var host = await ApiHost.StartAsync(new MarathonApiOptions { MaxBodyBytes = 1000 });
        using var content = new ByteArrayContent(new byte[2000]);
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/v2/apps")) { Content = content };
        request.Headers.TransferEncodingChunked = !announced;

        using var response = await host.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("GET", "/v2/apps/none", "App '/none' does not exist")]
    [InlineData("GET", "/v2/apps/UPPER", "App '/UPPER' does not exist")]
    [InlineData("DELETE", "/v2/apps/none", "App '/none' does not exist")]
    [InlineData("POST", "/v2/apps/none/restart", "App '/none' does not exist")]
    [InlineData("GET", "/v2/apps/none/tasks", "App '/none' does not exist")]
    [InlineData("GET", "/v2/apps/none/versions", "App '/none' does not exist")]
    [InlineData("GET", "/v2/groups/none", "Group '/none' does not exist")]
    [InlineData("DELETE", "/v2/groups/none", "Group '/none' does not exist")]
    [InlineData("DELETE", "/v2/deployments/none", "DeploymentPlan none does not exist")]
    [InlineData("DELETE", "/v2/queue/none/delay", "Application /none not found in tasks queue.")]
    [InlineData("GET", "/v2/plugins/none/x", "No plugin with this pluginId: none")]
    public async Task Be_404_with_a_sentence_about_what_is_missing(string method, string path, string message)
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync(method, path);

        answer.Status.ShouldBe(404);
        answer.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("GET", "/logging")]
    [InlineData("DELETE", "/v2/leader")]
    public async Task Be_501_for_what_is_not_there_yet(string method, string path)
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync(method, path)).Status.ShouldBe(501);
    }
}
