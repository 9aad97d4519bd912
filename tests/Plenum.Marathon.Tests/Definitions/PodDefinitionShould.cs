using System.Globalization;
using System.Reflection;
using System.Text;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Validation;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class PodDefinitionShould
{
    private const string Small = """{"id": "/p", "containers": [{"name": "c", "exec": {"command": {"shell": "run"}}, "resources": {}}]}""";

    /// <summary>Everything that a pod can say, none of it the default.</summary>
    private const string Full = """
        {
          "id": "/prod/p", "user": "nobody", "labels": {"l": "m"}, "role": "prod",
          "environment": {"A": "1", "S": {"secret": "s"}}, "secrets": {"s": {"source": "/path"}},
          "containers": [
            {
              "name": "web", "exec": {"command": {"argv": ["/bin/web", "-v"]}, "overrideEntrypoint": true},
              "resources": {"cpus": 0.5, "mem": 64, "disk": 10, "gpus": 1}, "resourceLimits": {"cpus": "unlimited", "mem": 128},
              "endpoints": [{"name": "http", "containerPort": 80, "hostPort": 31080, "protocol": ["tcp", "udp"], "labels": {"VIP_0": "/w:80"}, "networkNames": ["net"]}],
              "image": {"kind": "docker", "id": "nginx", "forcePull": true, "pullConfig": {"secret": "s"}, "labels": {"i": "j"}},
              "environment": {"A": "2"}, "user": "root",
              "healthCheck": {"http": {"endpoint": "http", "path": "/h", "scheme": "https"}, "gracePeriodSeconds": 1, "intervalSeconds": 9, "maxConsecutiveFailures": 2, "timeoutSeconds": 3, "delaySeconds": 4},
              "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": true}],
              "artifacts": [{"uri": "http://x/y.zip", "extract": false, "executable": true, "cache": true, "destPath": "z"}],
              "labels": {"c": "d"}, "lifecycle": {"killGracePeriodSeconds": 2.5}, "tty": true,
              "linuxInfo": {"seccomp": {"profileName": "default", "unconfined": false}, "ipcInfo": {"mode": "PRIVATE", "shmSize": 16}}
            },
            {
              "name": "side", "exec": {"command": {"shell": "run"}},
              "healthCheck": {"exec": {"command": {"argv": ["true", "x"]}}},
              "volumeMounts": [{"name": "tmp", "mountPath": "tmp"}, {"name": "host", "mountPath": "h"}, {"name": "key", "mountPath": "k"}]
            }
          ],
          "volumes": [{"name": "data", "persistent": {"size": 100}}, {"name": "tmp"}, {"name": "host", "host": "/mnt"}, {"name": "key", "secret": "s"}],
          "networks": [{"mode": "container", "name": "net", "labels": {"n": "o"}}],
          "scaling": {"kind": "fixed", "instances": 2, "maxInstances": 9},
          "scheduling": {
            "backoff": {"backoff": 2, "backoffFactor": 1.5, "maxLaunchDelay": 60},
            "upgrade": {"minimumHealthCapacity": 0.25, "maximumOverCapacity": 0, "autoRevert": true, "progressDeadlineSeconds": 70},
            "placement": {"constraints": [{"fieldName": "hostname", "operator": "unique"}, {"fieldName": "rack", "operator": "LIKE", "value": "a.*"}], "acceptedResourceRoles": ["*"],
              "near": [{"app": "/db", "topology": "@zone", "weight": 7}], "apart": ["batch"], "prefer": [{"field": "rack", "operator": "IS", "value": "a"}], "waitSeconds": 9},
            "killSelection": "OLDEST_FIRST", "unreachableStrategy": "disabled"
          },
          "readinessChecks": [{"portName": "http", "path": "/ready", "intervalSeconds": 5, "timeoutSeconds": 2, "httpStatusCodesForReady": [200, 204]}],
          "executorResources": {"cpus": 0.2, "mem": 64, "disk": 20},
          "linuxInfo": {"ipcInfo": {"mode": "SHARE_PARENT"}}
        }
        """;

    [Fact]
    public void Have_the_documented_defaults()
    {
        var pod = Pod(Small);

        pod.Networks.ShouldBe([Network.Host]);
        (pod.Instances, pod.BackoffSeconds, pod.BackoffFactor, pod.MaxLaunchDelaySeconds).ShouldBe((1, 1, 1.15, 300));
        pod.UpgradeStrategy.ShouldBe(new UpgradeStrategy(1, 1));
        pod.UnreachableStrategy.ShouldBe(UnreachableStrategy.Default);
        pod.Role.ShouldBe("*");
        pod.Demand.ShouldBe(new ResourceDemand(1.1, 160, 10, 0));
    }

    [Fact]
    public void Come_back_from_text_and_from_the_store_as_it_was()
    {
        var pod = Pod(Full);

        Pod(Encoding.UTF8.GetString(PodWriter.ToJson(pod))).ShouldBe(pod with { Version = default });
        StoredJson.Read<PodDefinition>("key", StoredJson.Write(pod)).ShouldBe(pod);
        pod.UpgradeStrategy.ShouldBe(new UpgradeStrategy(0.25, 0) { AutoRevert = true, ProgressDeadlineSeconds = 70 });

        // Where either kind may stand, the kind comes back too.
        StoredJson.Read<Plenum.Marathon.Deployments.ServiceChange>(
            "key", StoredJson.Write(new Plenum.Marathon.Deployments.ServiceChange(pod.Id, pod, null))).Original.ShouldBe(pod);
    }

    [Fact]
    public void Leave_no_property_out_of_the_example_that_the_round_trip_is_tested_with()
    {
        var pod = Pod(Full) with { LegacySharedCgroups = true, IsDaemon = true, Version = Timestamp.Parse("2026-01-02T03:04:05.678Z"), VersionInfo = new(default, default) };
        Differs(pod, new PodDefinition { Id = pod.Id });
        Differs(pod.Containers[0], new PodContainer("web"));
        Differs(pod.Containers[0].Endpoints[0], new PodEndpoint("http"));
        Differs(pod.Containers[0].Image!, new PodImage("nginx"));

        static void Differs(object full, object blank)
        {
            foreach (var property in full.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite && property.Name is not ("Id" or "Name")))
            {
                property.GetValue(full).ShouldNotBe(property.GetValue(blank), property.Name);
            }
        }
    }

    [Fact]
    public void Open_a_host_port_for_every_endpoint_unless_the_network_is_a_container_network()
    {
        Endpoint("""{"mode": "host"}""", "").HostPort.ShouldBe(0);
        Endpoint("""{"mode": "container/bridge"}""", ", \"containerPort\": 80").HostPort.ShouldBe(0);
        Endpoint("""{"mode": "container", "name": "net"}""", ", \"containerPort\": 80").HostPort.ShouldBeNull();

        static PodEndpoint Endpoint(string network, string more) => Pod(
            """{"id": "/p", "networks": [NETWORK], "containers": [{"name": "c", "exec": {"command": {"shell": "run"}}, "endpoints": [{"name": "e"MORE}]}]}"""
                .Replace("NETWORK", network, StringComparison.Ordinal).Replace("MORE", more, StringComparison.Ordinal))
            .Endpoints.Single();
    }

    [Theory]
    [InlineData("""{"containers": []}""", "/id")]
    [InlineData("""{"id": "/p"}""", "/containers")]
    [InlineData("""{"id": "/p", "containers": []}""", "/containers")]
    [InlineData("""{"id": "/p/tasks", "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/id")]
    [InlineData("""{"id": "/p", "containers": [{"name": "C", "image": {"id": "i"}}]}""", "/containers(0)/name")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c"}]}""", "/containers(0)/exec")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}}, {"name": "c", "image": {"id": "i"}}]}""", "/containers")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "exec": {"command": {"shell": "a", "argv": ["b"]}}}]}""", "/containers(0)/exec/command")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}, "volumeMounts": [{"name": "v", "mountPath": "m"}]}]}""", "/containers(0)/volumeMounts(0)/name")]
    [InlineData("""{"id": "/p", "volumes": [{"name": "v"}], "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/volumes(0)")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}, "endpoints": [{"name": "e", "containerPort": 80}]}]}""", "/containers(0)/endpoints(0)/containerPort")]
    [InlineData("""{"id": "/p", "networks": [{"mode": "container/bridge"}], "containers": [{"name": "c", "image": {"id": "i"}, "endpoints": [{"name": "e"}]}]}""", "/containers(0)/endpoints(0)/containerPort")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}, "endpoints": [{"name": "e"}]}, {"name": "d", "image": {"id": "i"}, "endpoints": [{"name": "e"}]}]}""", "/containers")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}, "healthCheck": {"http": {"endpoint": "e"}}}]}""", "/containers(0)/healthCheck/http/endpoint")]
    [InlineData("""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}, "healthCheck": {}}]}""", "/containers(0)/healthCheck")]
    [InlineData("""{"id": "/p", "legacySharedCgroups": true, "containers": [{"name": "c", "image": {"id": "i"}, "resourceLimits": {"cpus": 2}}]}""", "/containers(0)/resourceLimits")]
    [InlineData("""{"id": "/p", "environment": {"1a": "x"}, "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/environment(1a)")]
    [InlineData("""{"id": "/p", "environment": {"A": {"secret": "no"}}, "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/environment(A)/secret")]
    [InlineData("""{"id": "/p", "readinessChecks": [{"portName": "no"}], "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/readinessChecks(0)/portName")]
    [InlineData("""{"id": "/p", "scaling": {"kind": "auto"}, "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/scaling/kind")]
    [InlineData("""{"id": "/p", "scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "MAX_PER"}]}}, "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/scheduling/placement/constraints(0)")]
    [InlineData("""{"id": "/p", "scheduling": {"unreachableStrategy": {"inactiveAfterSeconds": 2, "expungeAfterSeconds": 1}}, "containers": [{"name": "c", "image": {"id": "i"}}]}""", "/scheduling/unreachableStrategy")]
    public void Be_refused_at_the_place_of_the_mistake(string json, string path)
    {
        var (pod, violations) = Try(json);

        violations.ByPath.Select(entry => entry.Key).ShouldContain(path, violations.ToString());
        _ = pod;
    }

    [Theory]
    [InlineData("containers", 201, "/containers", "200 entries")]
    [InlineData("endpoints", 1001, "/containers(0)/endpoints", "1000 entries")]
    [InlineData("volumes", 1001, "/volumes", "1000 entries")]
    [InlineData("mounts", 1001, "/containers(0)/volumeMounts", "1000 entries")]
    [InlineData("networks", 101, "/networks", "100 entries")]
    public void Be_refused_with_more_of_anything_than_can_be_launched(string what, int count, string path, string bound)
    {
        string Many(string wanted, string entry) =>
            string.Join(',', Enumerable.Range(0, what == wanted ? count : 0).Select(i => string.Format(CultureInfo.InvariantCulture, entry, i)));
        var json = $$"""
            {
              "id": "/p", "volumes": [{{Many("volumes", "{{\"name\": \"v{0}\"}}")}}],
              "networks": [{{Many("networks", "{{\"mode\": \"container\", \"name\": \"n{0}\"}}")}}],
              "containers": [
                {
                  "name": "c", "image": {"id": "i"}, "endpoints": [{{Many("endpoints", "{{\"name\": \"e{0}\"}}")}}],
                  "volumeMounts": [{{Many("mounts", "{{\"name\": \"v\", \"mountPath\": \"{0}\"}}")}}]
                }
                {{string.Concat(Enumerable.Range(1, what == "containers" ? count - 1 : 0).Select(i => $$""", {"name": "c{{i}}", "image": {"id": "i"} }"""))}}
              ]
            }
            """;

        var (pod, violations) = Try(json);

        pod.ShouldBeNull();
        var (at, errors) = violations.ByPath.ShouldHaveSingleItem();
        (at, errors.Single()).ShouldBe((path, $"must not have more than {bound}"));
    }

    [Fact]
    public void Be_refused_with_more_endpoints_in_all_containers_together_than_one_machine_has_ports()
    {
        Try(Shared(containers: 11, endpoints: 91)).Violations.ToString().ShouldBe("/containers: must not have more than 1000 endpoints together");
        Try(Shared(containers: 10, endpoints: 91)).Violations.Any.ShouldBeFalse();
    }

    /// <summary>What is said once is given to every container: a document of 64 KiB would become a launch of many megabytes.</summary>
    [Theory]
    [InlineData("environment")]
    [InlineData("labels")]
    public void Be_refused_when_what_its_containers_share_makes_a_launch_too_large(string where)
    {
        Try(Shared(containers: 100, where: where, bytes: 60_000)).Violations.ByPath.ShouldHaveSingleItem().Key.ShouldBe("/containers");
        Try(Shared(containers: 20, where: where, bytes: 60_000)).Violations.Any.ShouldBeFalse();
    }

    [Fact]
    public void Be_refused_when_a_secret_or_the_labels_of_an_endpoint_are_repeated_into_a_launch_too_large()
    {
        var path = new string('x', 100_000);
        var variables = string.Join(',', Enumerable.Range(0, 50).Select(i => $$""" "V{{i}}": {"secret": "s"} """));
        var protocols = string.Join(',', Enumerable.Range(0, 50).Select(i => $"\"p{i}\""));

        Try($$"""{"id": "/p", "secrets": {"s": {"source": "{{path}}"} }, "containers": [{"name": "c", "image": {"id": "i"}, "environment": { {{variables}} } }]}""")
            .Violations.ByPath.ShouldHaveSingleItem().Key.ShouldBe("/containers");
        Try($$"""{"id": "/p", "containers": [{"name": "c", "image": {"id": "i"}, "endpoints": [{"name": "e", "protocol": [{{protocols}}], "labels": {"l": "{{path}}"} }]}]}""")
            .Violations.ByPath.ShouldHaveSingleItem().Key.ShouldBe("/containers");
    }

    [Fact]
    public void Be_refused_when_the_sum_of_their_gpus_is_beyond_any_machine()
    {
        var greedy = """{"id": "/p", "containers": [C0, C1, C2]}""";
        for (var i = 0; i < 3; i++)
        {
            greedy = greedy.Replace($"C{i}", $$"""{"name": "c{{i}}", "image": {"id": "i"}, "resources": {"gpus": 1000000000} }""", StringComparison.Ordinal);
        }

        Try(greedy).Violations.ToString().ShouldBe("/containers: must not have more than 1000000000 gpus together");
    }

    [Theory]
    [InlineData("killSelection", "Policy")]
    [InlineData("executorResources", "Policy")]
    [InlineData("legacySharedCgroups", "Policy")]
    [InlineData("unreachableStrategy", "Policy")]
    [InlineData("instances", "Scale")]
    [InlineData("environment", "Restart")]
    [InlineData("nothing", "None")]
    public void Be_replaced_only_for_what_its_containers_were_started_with(string what, string change)
    {
        var pod = Pod(Small);
        var next = what switch
        {
            "killSelection" => pod with { KillSelection = KillSelection.OldestFirst },
            "executorResources" => pod with { ExecutorResources = new ExecutorResources { Cpus = 1 } },
            "legacySharedCgroups" => pod with { LegacySharedCgroups = true },
            "unreachableStrategy" => pod with { UnreachableStrategy = UnreachableStrategy.Disabled },
            "instances" => pod with { Instances = 7 },
            "environment" => pod with { Environment = ValueMap<EnvironmentValue>.From([new("A", EnvironmentValue.Of("1"))]) },
            _ => pod,
        };

        pod.ChangeTo(next with { Version = Timestamp.Parse("2026-01-02T03:04:05.678Z") }).ToString().ShouldBe(change);
    }

    internal static PodDefinition Pod(string json)
    {
        var (pod, violations) = Try(json);
        violations.Any.ShouldBeFalse(violations.ToString());
        return pod!;
    }

    private static string Shared(int containers, int endpoints = 0, string where = "labels", int bytes = 0)
    {
        var each = Enumerable.Range(0, containers).Select(i =>
        {
            var ports = string.Join(',', Enumerable.Range(0, endpoints).Select(j => $$"""{"name": "e{{i}}-{{j}}"}"""));
            return $$"""{"name": "c{{i}}", "image": {"id": "i"}, "endpoints": [{{ports}}]}""";
        });
        return $$"""{"id": "/p", "{{where}}": {"A": "{{new string('x', bytes)}}"}, "containers": [{{string.Join(',', each)}}]}""";
    }

    private static (PodDefinition? Pod, Violations Violations) Try(string json)
    {
        var parsed = DefinitionDocument.Read(Encoding.UTF8.GetBytes(json), PodReader.Read);
        if (parsed.Value is not { } update)
        {
            parsed.Failure!.Violations.ShouldNotBeNull(parsed.Failure.Details);
            return (null, parsed.Failure.Violations!);
        }

        var violations = new Violations();
        var report = new Report(violations, FieldPath.Root);
        var pod = PodBuilder.Build(update, Define.Everything, RunSpec.DefaultRole);
        PodValidator.Validate(pod, Define.Everything, report);
        RoleRules.Validate(pod, null, groupEnforcesRole: false, Define.Everything, report);
        return (pod, violations);
    }
}
