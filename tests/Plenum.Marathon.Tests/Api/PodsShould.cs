using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Tests.Api;

public sealed class PodsShould
{
    private const string Pod = """
        {"id": "/a/pod", "containers": [{"name": "c", "exec": {"command": {"shell": "run"}}, "resources": {"cpus": 0.5, "mem": 64},
         "endpoints": [{"name": "web", "hostPort": 0}], "healthCheck": {"http": {"endpoint": "web"}}}]}
        """;

    [Fact]
    public async Task Be_announced_by_the_probe_and_created_with_location_and_deployment()
    {
        await using var host = await ApiHost.StartAsync();
        using var events = host.Marathon.Events.Subscribe(10);

        (await host.SendAsync("HEAD", "/v2/pods")).Status.ShouldBe(200);
        var created = await host.SendAsync("POST", "/v2/pods", Pod);

        created.Status.ShouldBe(201, created.Body);
        created.Headers["Location"].ShouldBe("/a/pod");
        created.Headers["Marathon-Deployment-Id"].ShouldNotBeEmpty();
        created.Json["id"]!.GetValue<string>().ShouldBe("/a/pod");
        events.Events.TryRead(out var happened).ShouldBeTrue();
        happened.ShouldBeOfType<MarathonEvent.PodCreated>().Type.ShouldBe("pod_created_event");
        (await host.GetAsync("/v2/pods")).Json.AsArray().ShouldHaveSingleItem();
        (await host.GetAsync("/v2/pods//a/pod")).Json["scaling"]!["instances"]!.GetValue<int>().ShouldBe(1);
        (await host.GetAsync("/v2/apps")).Json["apps"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Share_their_paths_with_no_app_and_no_group()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);

        var again = await host.SendAsync("POST", "/v2/pods", Pod);
        (again.Status, again.Message).ShouldBe((409, "A pod with id [/a/pod] already exists."));
        var app = await host.SendAsync("POST", "/v2/apps", """{"id": "/a/pod", "cmd": "sleep 1"}""");
        (app.Status, app.Message).ShouldBe((409, "A pod with id [/a/pod] already exists."));
        (await host.SendAsync("PUT", "/v2/apps/a/pod", """{"cmd": "sleep 1"}""")).Status.ShouldBe(422);
        (await host.SendAsync("POST", "/v2/groups", """{"id": "/a/pod"}""")).Status.ShouldBe(409);
        (await host.SendAsync("POST", "/v2/apps", """{"id": "/a/pod/below", "cmd": "sleep 1"}""")).Status.ShouldBe(422);
        (await host.SendAsync("POST", "/v2/pods", Pod.Replace("/a/pod", "/a"))).Status.ShouldBe(409);
        (await host.SendAsync("PUT", "/v2/groups/a", """{"apps": [{"id": "pod", "cmd": "sleep 1"}]}""")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Be_replaced_whole_under_their_own_id_only()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);

        var wrong = await host.SendAsync("PUT", "/v2/pods/a/other", Pod);
        (wrong.Status, wrong.Message).ShouldBe((400, "'/a/other' does not match definition's id ('/a/pod')"));
        var put = await host.SendAsync("PUT", "/v2/pods/a/pod?force=true", Pod.Replace("\"mem\": 64", "\"mem\": 65"));
        put.Status.ShouldBe(200, put.Body);
        put.Headers["Marathon-Deployment-Id"].ShouldNotBeEmpty();
        host.Marathon.LastUpdate!.Force.ShouldBeTrue();

        var versions = (await host.GetAsync("/v2/pods/a/pod::versions")).Json.AsArray().Select(version => version!.GetValue<string>()).ToList();
        versions.Count.ShouldBe(2);
        (await host.GetAsync($"/v2/pods/a/pod::versions/{versions[1]}")).Json["containers"]![0]!["resources"]!["mem"]!
            .GetValue<double>().ShouldBe(64);
        (await host.GetAsync("/v2/pods/a/pod::versions/2001-01-01T00:00:00.000Z")).Status.ShouldBe(404);
        (await host.GetAsync("/v2/pods/a/pod::versions/now")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Plan_without_doing_when_asked_for_a_dry_run()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("POST", "/v2/pods?dryRun=true", Pod)).Json["steps"].ShouldNotBeNull();

        host.Marathon.LastUpdate!.DryRun.ShouldBeTrue();
    }

    [Fact]
    public async Task Be_deleted_with_202_and_no_body_and_without_force_unless_asked_for()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);

        var deleted = await host.SendAsync("DELETE", "/v2/pods/a/pod");

        (deleted.Status, deleted.Body).ShouldBe((202, ""));
        deleted.Headers["Location"].ShouldBe(deleted.Headers["Marathon-Deployment-Id"]);
        host.Marathon.LastUpdate!.Force.ShouldBeFalse();
        var gone = await host.SendAsync("DELETE", "/v2/pods/a/pod");
        (gone.Status, gone.Message).ShouldBe((404, "Pod '/a/pod' does not exist"));
    }

    [Theory]
    [InlineData("GET", "/v2/pods/none")]
    [InlineData("GET", "/v2/pods/none::status")]
    [InlineData("GET", "/v2/pods/none::versions")]
    [InlineData("DELETE", "/v2/pods/none::instances/x")]
    [InlineData("POST", "/v2/pods/none/restart")]
    public async Task Be_404_where_they_are_not(string method, string path)
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync(method, path);

        (answer.Status, answer.Message).ShouldBe((404, "Pod '/none' does not exist"));
    }

    [Fact]
    public async Task Show_how_they_do_by_instance_container_and_endpoint()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);
        var instance = Run(host);

        var warming = (await host.GetAsync("/v2/pods/a/pod::status")).Json;
        Text(warming, "status").ShouldBe("DEGRADED");
        Text(warming["instances"]![0]!, "status").ShouldBe("DEGRADED");
        Text(warming["instances"]![0]!, "message").ShouldBe("at least one container is not healthy");
        Text(warming["instances"]![0]!["containers"]![0]!["conditions"]![0]!, "reason").ShouldBe("health-unreported-by-mesos");

        var runtime = host.Marathon.Snapshot.Apps[instance.App];
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Apps = host.Marathon.Snapshot.Apps.SetItem(
                instance.App,
                runtime with
                {
                    Health = runtime.Health.SetItem(instance.Id, [new HealthResult(instance.Id) { Alive = true, FirstSuccess = FakeMarathon.Start }]),
                    LastFailure = new TaskFailure(instance.App, $"{instance.Id}.c.1", "TASK_FAILED", "Command exited with status 3", "h1", FakeMarathon.Start, default, "a"),
                }),
        };
        var stable = (await host.GetAsync("/v2/pods/::status")).Json.AsArray().Single()!;

        Text(stable, "status").ShouldBe("STABLE");
        Text(stable["spec"]!, "id").ShouldBe("/a/pod");
        Text(stable["terminationHistory"]![0]!, "instanceID").ShouldBe(instance.Id.Value);
        stable["terminationHistory"]![0]!["containers"]![0]!["termination"]!.ToJsonString()
            .ShouldBe("""{"exitCode":3,"message":"Command exited with status 3"}""");
        var shown = stable["instances"]![0]!;
        Text(shown, "status").ShouldBe("STABLE");
        Text(shown, "specReference").ShouldBe($"/v2/pods/a/pod::versions/{instance.Version}");
        shown["resources"]!["cpus"]!.GetValue<double>().ShouldBe(0.6, 1e-9);
        var container = shown["containers"]![0]!;
        Text(container, "status").ShouldBe("TASK_RUNNING");
        Text(container, "containerId").ShouldBe($"{instance.Id}.c.1");
        container["endpoints"]!.ToJsonString().ShouldBe("""[{"name":"web","allocatedHostPort":31007,"healthy":true}]""");
    }

    [Theory]
    [InlineData("Command exited with status 0", """{"exitCode":0,"message":"Command exited with status 0"}""")]
    [InlineData("Command terminated with signal Killed", """{"message":"Command terminated with signal Killed"}""")]
    public async Task Tell_the_exit_code_of_a_container_that_ended_by_itself(string message, string termination)
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);
        var instance = Run(host) with
        {
            Containers = [new ContainerState("c", Condition.Finished, FakeMarathon.Start) { Message = message }],
        };
        var runtime = host.Marathon.Snapshot.Apps[instance.App];
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Apps = host.Marathon.Snapshot.Apps.SetItem(instance.App, runtime with { Instances = runtime.Instances.SetItem(instance.Id, instance) }),
        };

        var container = (await host.GetAsync("/v2/pods/a/pod::status")).Json["instances"]![0]!["containers"]![0]!;

        container["termination"]!.ToJsonString().ShouldBe(termination);
    }

    [Fact]
    public async Task Stand_in_their_group_as_statuses_when_wanted()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);

        var group = (await host.GetAsync("/v2/groups/a")).Json;
        Text(group["pods"]!.AsArray().Single()!["spec"]!, "id").ShouldBe("/a/pod");
        (await host.GetAsync("/v2/groups/a?embed=group.apps")).Json["pods"].ShouldBeNull();

        // A group that is written keeps its pods; they cannot be written through it.
        (await host.SendAsync("PUT", "/v2/groups/a", """{"apps": []}""")).Status.ShouldBe(200);
        (await host.GetAsync("/v2/pods/a/pod")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Stay_where_a_written_group_lists_an_empty_group_of_their_path()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);

        var empty = await host.SendAsync("PUT", "/v2/groups/a", """{"groups": [{"id": "pod"}]}""");
        empty.Status.ShouldBe(200, empty.Body);
        (await host.GetAsync("/v2/pods/a/pod")).Status.ShouldBe(200);
        (await host.GetAsync("/v2/groups/a")).Json["groups"]!.AsArray().ShouldBeEmpty();

        var full = await host.SendAsync("PUT", "/v2/groups/a", """{"groups": [{"id": "pod", "apps": [{"id": "x", "cmd": "run"}]}]}""");
        full.Status.ShouldBe(422, full.Body);
    }

    [Fact]
    public async Task Show_no_version_of_an_app_that_had_their_path()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/apps", """{"id": "/a/pod", "cmd": "run"}""");
        await host.SendAsync("DELETE", "/v2/apps/a/pod");
        await host.SendAsync("POST", "/v2/pods", Pod);

        // What a rolled back group leaves: one history with both.
        host.Marathon.Snapshot.VersionsOf(PathId.Parse("/a/pod")).Length.ShouldBe(2);
        (await host.GetAsync("/v2/pods/a/pod::versions")).Json.AsArray().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Lose_instances_by_their_ids_in_the_path_or_in_the_body()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);
        var instance = Run(host);

        var one = await host.SendAsync("DELETE", $"/v2/pods/a/pod::instances/{instance.Id}?wipe=true");
        one.Status.ShouldBe(200, one.Body);
        Text(one.Json, "instanceId").ShouldBe(instance.Id.Value);
        Text(one.Json["state"]!, "condition").ShouldBe("Running");
        Text(one.Json["state"]!, "goal").ShouldBe("Running");
        host.Marathon.LastKill!.Wipe.ShouldBeTrue();

        var many = await host.SendAsync("DELETE", "/v2/pods/a/pod::instances", $$"""["{{instance.Id}}", "a_pod.instance-gone"]""");
        Text(many.Json.AsArray().Single()!, "instanceId").ShouldBe(instance.Id.Value);
        var none = await host.SendAsync("DELETE", "/v2/pods/a/pod::instances/a_pod.instance-gone");
        (none.Status, none.Message).ShouldBe((404, "Instance 'a_pod.instance-gone' does not exist"));
    }

    [Fact]
    public async Task Keep_their_containers_out_of_the_tasks_of_apps()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync("POST", "/v2/pods", Pod);
        var instance = Run(host);

        (await host.GetAsync("/v2/tasks")).Json["tasks"]!.AsArray().ShouldBeEmpty();
        var killed = await host.SendAsync("POST", "/v2/tasks/delete", $$"""{"ids": ["{{instance.Id}}.c.1"]}""");
        killed.Json["tasks"]!.AsArray().ShouldBeEmpty();
    }

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();

    private static Instance Run(ApiHost host)
    {
        var id = PathId.Parse("/a/pod");
        var pod = host.Marathon.Snapshot.Root.FindPod(id)!;
        var instance = new Instance
        {
            Id = InstanceId.Create(id, new Guid(1, 0, 0, new byte[8])),
            App = id,
            Version = pod.Version,
            Role = "*",
            Goal = Goal.Running,
            Condition = Condition.Running,
            Since = FakeMarathon.Start,
            Incarnation = 1,
            Sequence = 1,
            Place = new AgentPlace("agent-h1", "h1", null, null, ImmutableSortedDictionary<string, string>.Empty),
            HostPorts = [31007],
            Containers = [new ContainerState("c", Condition.Running, FakeMarathon.Start)],
        };
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Apps = host.Marathon.Snapshot.Apps.SetItem(
                id, new Plenum.Marathon.Core.AppRuntime(id) { Instances = ImmutableSortedDictionary<InstanceId, Instance>.Empty.Add(instance.Id, instance) }),
        };
        return instance;
    }
}
