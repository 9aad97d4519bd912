using System.Text.Json.Nodes;
using Plenum.Cli.Moving;

namespace Plenum.Cli.Tests.Moving;

/// <summary>The comparison and the order, without a server.</summary>
public sealed class MovePlannerTests
{
    [Fact]
    public void An_export_read_back_differs_in_nothing() => Seeds(300, seed =>
    {
        var inventory = Filled(new DefinitionMaker(seed));
        var back = new InventoryReader("the test", null);
        back.Read(JsonNode.Parse(MoveFiles.Document(inventory)));
        MovePlanner.Plan(back.Inventory, inventory, scaleZero: false).ShouldAllBe(item => item.State == MoveState.Same, $"seed {seed}");
        MoveFiles.Document(back.Inventory).ShouldBe(MoveFiles.Document(inventory), $"seed {seed}");
    });

    [Fact]
    public void What_only_the_server_knows_is_no_difference() => Seeds(300, seed =>
    {
        var make = new DefinitionMaker(seed);
        var app = make.App("/a");
        var printed = (JsonObject)app.DeepClone();
        printed["version"] = "2020-01-01T00:00:00.000Z";
        printed["versionInfo"] = new JsonObject { ["lastScalingAt"] = "2020-01-01T00:00:00.000Z" };
        printed["tasksRunning"] = 3;
        printed["deployments"] = new JsonArray(new JsonObject { ["id"] = "d" });
        printed["residency"] = null;
        printed["fetch"] ??= new JsonArray();
        printed["uris"] = new JsonArray([.. printed["fetch"]!.AsArray().Select(each => each!["uri"]!.DeepClone())]);
        Differences.Between(AppForm.Clean(printed), AppForm.Clean(app), isPod: false).ShouldBeEmpty($"seed {seed}");
    });

    [Theory]
    [InlineData("""{"mem":64}""", """{}""", "/mem")]
    [InlineData("""{"mem":128}""", """{"mem":128.0}""", null)]
    [InlineData("""{"env":{"A":""}}""", """{}""", "/env/A")]
    [InlineData("""{"env":{"type":"x"}}""", """{"env":{"type":"X"}}""", "/env/type")]
    [InlineData("""{"env":{}}""", """{}""", null)]
    [InlineData("""{"upgradeStrategy":{"autoRevert":true}}""", """{}""", "/upgradeStrategy/autoRevert")]
    [InlineData("""{"upgradeStrategy":{"autoRevert":true}}""", """{"upgradeStrategy":{"autoRevert":true,"progressDeadlineSeconds":600}}""", null)]
    [InlineData("""{"role":"*"}""", """{"role":"*"}""", null)]
    [InlineData("""{}""", """{"role":"*"}""", null)]
    [InlineData("""{"labels":{}}""", """{"labels":{"A":""}}""", "/labels/A")]
    [InlineData("""{"constraints":[["hostname","UNIQUE",""]]}""", """{"constraints":[["hostname","UNIQUE"]]}""", null)]
    [InlineData("""{"memory":64,"container":{"docker":{"image":"i","forcePul":true}}}""", """{"container":{"docker":{"image":"i"}}}""", null)]
    [InlineData("""{"tty":true}""", """{}""", "/tty")]
    [InlineData(
        """{"ipAddress":{"networkName":"n","discovery":{"ports":[{"number":80,"name":"a"}]}}}""",
        """{"container":{"type":"MESOS","portMappings":[{"containerPort":80,"name":"a"}]},"networks":[{"mode":"container","name":"n"}]}""",
        null)]
    [InlineData("""{"cmd":"a"}""", """{}""", "/cmd")]
    [InlineData("""{}""", """{"cmd":"a"}""", "/cmd")]
    [InlineData("""{"role":"a"}""", """{"role":"b"}""", "/role")]
    [InlineData("""{}""", """{"role":"b"}""", null)]
    [InlineData("""{"portDefinitions":[{"port":0}]}""", """{"portDefinitions":[{"port":10000,"protocol":"tcp"}]}""", null)]
    [InlineData("""{"portDefinitions":[{"port":10001}]}""", """{"portDefinitions":[{"port":10000}]}""", "/portDefinitions(0)/port")]
    [InlineData("""{"portDefinitions":[]}""", """{}""", "/portDefinitions")]
    [InlineData("""{"ports":[8080]}""", """{"portDefinitions":[{"port":8080,"protocol":"tcp"}]}""", null)]
    [InlineData("""{"constraints":[["hostname","UNIQUE"]]}""", """{"constraints":[]}""", "/constraints")]
    [InlineData("""{"healthChecks":[{"timeoutSeconds":5}]}""", """{"healthChecks":[{"timeoutSeconds":20}]}""", "/healthChecks(0)/timeoutSeconds")]
    [InlineData("""{"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":1}}""", """{}""", null)]
    [InlineData("""{"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":1}}""", """{}""", "/upgradeStrategy/minimumHealthCapacity")]
    [InlineData("""{"unreachableStrategy":"disabled"}""", """{}""", "/unreachableStrategy")]
    [InlineData("""{"unreachableStrategy":{"inactiveAfterSeconds":0,"expungeAfterSeconds":0}}""", """{}""", null)]
    [InlineData(
        """{"container":{"type":"DOCKER","docker":{"image":"i","network":"BRIDGE","portMappings":[{"containerPort":80}]}}}""",
        """{"container":{"type":"DOCKER","docker":{"image":"i"},"portMappings":[{"containerPort":80,"hostPort":0,"servicePort":10000}]},"networks":[{"mode":"container/bridge"}]}""",
        null)]
    public void A_difference_is_named_by_its_path(string wanted, string here, string? field) =>
        Differences.Between(Clean(wanted), Clean(here), isPod: false).ShouldBe(field is null ? [] : [field]);

    [Fact]
    public void Every_app_is_sent_once_after_what_it_depends_on() => Seeds(200, seed =>
    {
        var make = new DefinitionMaker(seed);
        var wanted = new Inventory();
        var ids = Enumerable.Range(0, 60).Select(number => $"/{(char)('a' + (number % 5))}/{number:00}").ToList();
        for (var number = 0; number < ids.Count; number++)
        {
            var app = make.App(ids[number]);
            // On earlier ones only, so that there is no circle.
            app["dependencies"] = number > 0 && make.Chance() ? new JsonArray(make.Pick([.. ids.Take(number)])) : new JsonArray();
            wanted.Apps.Add(ids[number], app);
        }

        var plan = MovePlanner.Plan(wanted, new Inventory(), scaleZero: false);
        var requests = MoveOrder.Requests(plan, wanted).ToList();

        var sent = requests.SelectMany(request => request).Select(item => item.Id).ToList();
        sent.ShouldBe(ids, ignoreOrder: true);
        foreach (var (id, app) in wanted.Apps)
        {
            foreach (var dependency in app["dependencies"]!.AsArray())
            {
                sent.IndexOf(dependency!.ToString()).ShouldBeLessThan(sent.IndexOf(id), $"seed {seed}");
                requests.Single(request => request.Any(item => item.Id == id))
                    .ShouldContain(item => item.Id == dependency.ToString(), $"seed {seed}: one deployment starts both in order");
            }
        }
    });

    [Fact]
    public void A_group_that_waits_for_a_group_puts_the_apps_of_both_into_one_request()
    {
        var wanted = new Inventory();
        wanted.Groups["/web"] = new GroupEntry(["/data"], EnforceRole: false);
        foreach (var id in new[] { "/data/db", "/data/queue", "/web/front", "/other" })
        {
            wanted.Apps[id] = new JsonObject { ["id"] = id };
        }
        var apps = MovePlanner.Plan(wanted, new Inventory(), scaleZero: false).Where(item => item.Kind is MoveKind.App).ToList();
        MoveOrder.Requests(apps, wanted).Select(request => string.Join(' ', request.Select(item => item.Id)))
            .ShouldBe(["/data/db /data/queue /web/front", "/other"]);
    }

    [Fact]
    public void Ten_thousand_apps_go_in_few_requests()
    {
        var wanted = new Inventory();
        for (var number = 0; number < 10_000; number++)
        {
            var id = $"/g{number % 100}/a{number}";
            wanted.Apps[id] = new JsonObject { ["id"] = id, ["cmd"] = "sleep 9" };
        }
        MoveOrder.Requests(MovePlanner.Plan(wanted, new Inventory(), scaleZero: false), wanted).Count().ShouldBe(25);
    }

    [Fact]
    public void A_thousand_pairs_of_apps_are_not_a_thousand_deployments()
    {
        var wanted = new Inventory();
        for (var number = 0; number < 1000; number++)
        {
            wanted.Apps[$"/p{number}/a"] = new JsonObject { ["id"] = $"/p{number}/a", ["dependencies"] = new JsonArray($"/p{number}/b") };
            wanted.Apps[$"/p{number}/b"] = new JsonObject { ["id"] = $"/p{number}/b" };
        }
        var requests = MoveOrder.Requests(MovePlanner.Plan(wanted, new Inventory(), scaleZero: false), wanted).ToList();
        requests.Count.ShouldBe(5);
        requests.ShouldAllBe(request => request.Where(item => item.Id.EndsWith("/a", StringComparison.Ordinal))
            .All(item => request.Any(other => other.Id == item.Id.Replace("/a", "/b", StringComparison.Ordinal))));
    }

    [Fact]
    public void Apps_that_depend_in_a_circle_are_sent_for_the_server_to_refuse()
    {
        var wanted = new Inventory();
        wanted.Apps["/a"] = new JsonObject { ["id"] = "/a", ["dependencies"] = new JsonArray("/b") };
        wanted.Apps["/b"] = new JsonObject { ["id"] = "/b", ["dependencies"] = new JsonArray("/a") };
        MoveOrder.Requests(MovePlanner.Plan(wanted, new Inventory(), scaleZero: false), wanted)
            .Single().Select(item => item.Id).ShouldBe(["/a", "/b"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("""[{"id":"/a"},{"id":"a"}]""", "names /a twice")]
    [InlineData("""{"apps":[{"cmd":"x"}]}""", "without an id")]
    [InlineData("""{"apps":[7]}""", "no app, pod or group")]
    [InlineData("""{"id":7}""", "not a text")]
    [InlineData("null", "no app, pod or group")]
    [InlineData("""{"id":"/a","container":"x"}""", "container is no object")]
    [InlineData("""{"id":"/a","networks":["host"]}""", "networks holds something that is no object")]
    [InlineData("""{"id":"/a","ipAddress":{"discovery":"x"}}""", "discovery is no object")]
    [InlineData("""{"id":"/a","container":{"volumes":["/data"]}}""", "volumes holds something")]
    public void A_document_that_is_none_is_refused_with_a_reason(string json, string reason) =>
        Should.Throw<CommandFailure>(() => new InventoryReader("the file", null).Read(JsonNode.Parse(json)))
            .Message.ShouldContain(reason);

    [Fact]
    public void Ids_of_nested_groups_are_resolved_as_the_server_does()
    {
        var reader = new InventoryReader("the file", null);
        reader.Read(JsonNode.Parse("""{"id":"shop","groups":[{"id":"web","dependencies":["../data"],"apps":[{"id":"a","dependencies":["../data/db"]}]}]}"""));
        reader.Inventory.Apps.Keys.ShouldBe(["/shop/web/a"]);
        reader.Inventory.Apps["/shop/web/a"]["dependencies"]![0]!.ToString().ShouldBe("/shop/data/db");
        reader.Inventory.Groups["/shop/web"].Dependencies.ShouldBe(["/shop/data"]);
    }

    private static void Seeds(int count, Action<int> check)
    {
        for (var seed = 1; seed <= count; seed++)
        {
            check(seed);
        }
    }

    private static Inventory Filled(DefinitionMaker make)
    {
        var reader = new InventoryReader("the test", null);
        var groups = new[] { "", "/g", "/g/h" };
        for (var number = 0; number < 8; number++)
        {
            reader.AddApp(make.App($"{make.Pick(groups)}/a{number}"), "/");
            reader.AddPod(make.Pod($"{make.Pick(groups)}/p{number}"), "/");
        }
        reader.Inventory.Groups["/g"] = new GroupEntry(make.Chance() ? ["/x"] : [], make.Chance());
        reader.Inventory.Groups["/g/h"] = new GroupEntry([], EnforceRole: false);
        return reader.Inventory;
    }

    private static JsonObject Clean(string json) => AppForm.Clean(JsonNode.Parse(json)!.AsObject());
}
