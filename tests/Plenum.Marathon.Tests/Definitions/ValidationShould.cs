using System.Globalization;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

/// <summary>
/// Each rule by breaking it. The paths are what DC/OS' dashboard attaches messages to form fields by
/// (ServiceErrorPathMapping), so they are compared exactly.
/// </summary>
public sealed class ValidationShould
{
    [Theory]
    [InlineData("""{"id": 1, "cmd": "run"}""", "/id", "error.expected.jsstring")]
    [InlineData("""{"id": "a", "cmd": "run", "cpus": "1"}""", "/cpus", "error.expected.jsnumber")]
    [InlineData("""{"id": "a", "cmd": "run", "instances": 1.5}""", "/instances", "error.expected.int")]
    [InlineData("""{"id": "a", "cmd": "run", "labels": []}""", "/labels", "error.expected.jsobject")]
    [InlineData("""{"id": "a", "cmd": "run", "args": "x"}""", "/args", "error.expected.jsarray")]
    [InlineData("""{"id": "a", "cmd": "run", "requirePorts": "yes"}""", "/requirePorts", "error.expected.jsboolean")]
    [InlineData("""{"id": "a", "cmd": "run", "labels": {"k": 1}}""", "/labels(k)", "error.expected.jsstring")]
    [InlineData("""{"id": "a", "cmd": "run", "fetch": [{}]}""", "/fetch(0)/uri", "error.path.missing")]
    [InlineData("""[]""", "/", "error.expected.jsobject")]
    public void Name_the_expected_type_and_the_path_of_a_wrong_one(string json, string path, string error) =>
        Define.Complaints(json).ShouldContainKeyAndValue(path, error);

    [Theory]
    [InlineData("/fetch", """ "fetch": [*] """, """{"uri": "http://h/#"}""", 1_000)]
    [InlineData("/uris", """ "uris": [*] """, "\"http://h/#\"", 1_000)]
    [InlineData("/constraints", """ "constraints": [*] """, """["h#", "UNIQUE"]""", 1_000)]
    [InlineData("/networks", """ "networks": [*] """, """{"mode": "container", "name": "n#"}""", 100)]
    [InlineData("/portDefinitions", """ "portDefinitions": [*] """, """{"port": #}""", 1_000)]
    [InlineData("/ports", """ "ports": [*] """, "#", 1_000)]
    [InlineData("/healthChecks", """ "healthChecks": [*] """, """{"protocol": "COMMAND", "command": {"value": "#"}}""", 1_000)]
    [InlineData("/readinessChecks", """ "readinessChecks": [*] """, """{"name": "r#"}""", 1_000)]
    [InlineData("/container/volumes", """ "container": {"type": "MESOS", "volumes": [*]} """, """{"containerPath": "/v#", "hostPath": "/v", "mode": "RO"}""", 1_000)]
    [InlineData("/container/portMappings", """ "container": {"type": "MESOS", "portMappings": [*]} """, """{"containerPort": #}""", 1_000)]
    [InlineData("/container/docker/parameters", """ "container": {"type": "DOCKER", "docker": {"image": "i", "parameters": [*]}} """, """{"key": "label", "value": "#"}""", 1_000)]
    [InlineData("/acceptedResourceRoles", """ "acceptedResourceRoles": [*] """, "\"r#\"", 10_000)]
    [InlineData("/dependencies", """ "dependencies": [*] """, "\"/d#\"", 10_000)]
    [InlineData("/env", """ "env": {*} """, "\"V#\": \"v\"", 10_000)]
    [InlineData("/labels", """ "labels": {*} """, "\"l#\": \"v\"", 10_000)]
    [InlineData("/secrets", """ "secrets": {*} """, """ "s#": {"source": "s"}""", 10_000)]
    public void Refuse_lists_that_no_task_can_have_and_name_the_bound(string path, string member, string entry, int bound)
    {
        string App(int count) =>
            $$"""{"id": "/a", "cmd": "run", {{member.Replace("*", string.Join(", ", Enumerable.Range(0, count).Select(i => entry.Replace("#", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))), StringComparison.Ordinal)}}}""";

        Define.Complaints(App(bound + 1)).ShouldContainKeyAndValue(path, $"must not have more than {bound} entries");
        Define.Complaints(App(bound)).Values.ShouldAllBe(static complaint => !complaint.Contains("entries", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"id": "/a", "cmd": "run", "instances": -1}""", "/instances")]
    [InlineData("""{"id": "/a", "cmd": "run", "cpus": 0}""", "/cpus")]
    [InlineData("""{"id": "/a", "cmd": "run", "mem": -1}""", "/mem")]
    [InlineData("""{"id": "/a", "cmd": "run", "mem": 1e300}""", "/mem")]
    [InlineData("""{"id": "/a", "cmd": "run", "backoffFactor": 0.5}""", "/backoffFactor")]
    [InlineData("""{"id": "/a", "cmd": "run", "upgradeStrategy": {"minimumHealthCapacity": 1.1}}""", "/upgradeStrategy/minimumHealthCapacity")]
    [InlineData("""{"id": "/a", "cmd": "run", "upgradeStrategy": {"autoRevert": true, "progressDeadlineSeconds": 0}}""", "/upgradeStrategy/progressDeadlineSeconds")]
    [InlineData("""{"id": "/a", "cmd": "run", "upgradeStrategy": {"progressDeadlineSeconds": 60}}""", "/upgradeStrategy/progressDeadlineSeconds")]
    [InlineData("""{"id": "/a", "cmd": "run", "unreachableStrategy": "off"}""", "/unreachableStrategy")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"near": ["/a"]}}""", "/placement/near(0)/app")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"apart": [{"app": "b", "weight": 0}]}}""", "/placement/apart(0)/weight")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"apart": [{"topology": "@zone"}]}}""", "/placement/apart(0)/app")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"near": ["b"], "apart": ["/b"]}}""", "/placement/near(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"near": ["b"], "waitSeconds": 5}}""", "/placement/waitSeconds")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"prefer": [{"field": "rack", "operator": "LIKE", "value": "("}]}}""", "/placement/prefer(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "placement": {"prefer": [{"field": "rack", "operator": "IS", "value": "a", "weight": 101}]}}""", "/placement/prefer(0)/weight")]
    [InlineData("""{"id": "/a", "cmd": "run", "killSelection": "RANDOM"}""", "/killSelection")]
    [InlineData("""{"id": "/a", "cmd": ""}""", "/cmd")]
    [InlineData("""{"id": "/A_b", "cmd": "run"}""", "/id")]
    [InlineData("""{"id": "/", "cmd": "run"}""", "/id")]
    [InlineData("""{"id": "/a/restart", "cmd": "run"}""", "/id")]
    [InlineData("""{"id": "/a/versions", "cmd": "run"}""", "/id")]
    [InlineData("""{"id": "/a"}""", "/")]
    [InlineData("""{"id": "/a", "cmd": "run", "args": ["run"]}""", "/")]
    [InlineData("""{"id": "/a", "cmd": "run", "executor": "//other"}""", "/executor")]
    [InlineData("""{"id": "/a", "cmd": "run", "resourceLimits": {"cpus": 0.5}}""", "/resourceLimits/cpus")]
    [InlineData("""{"id": "/a", "cmd": "run", "dependencies": ["/a"]}""", "/dependencies")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["hostname"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "UNIQUE", "x"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "NEAR", "x"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "LIKE"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "LIKE", "("]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "LIKE", "(?=a)"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "MAX_PER", "0"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "IS", "a b"]]}""", "/constraints(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "constraints": [["h", "IS", "1"], ["h", "GROUP_BY", "x"]]}""", "/constraints(1)")]
    [InlineData("""{"id": "/a", "cmd": "run", "portDefinitions": [{"name": "a"}, {"name": "a"}]}""", "/portDefinitions(1)/name")]
    [InlineData("""{"id": "/a", "cmd": "run", "portDefinitions": [{"name": "A"}]}""", "/portDefinitions(0)/name")]
    [InlineData("""{"id": "/a", "cmd": "run", "portDefinitions": [{"port": 80}, {"port": 80}]}""", "/portDefinitions")]
    [InlineData("""{"id": "/a", "cmd": "run", "portDefinitions": [{"port": 65536}]}""", "/portDefinitions(0)/port")]
    [InlineData("""{"id": "/a", "cmd": "run", "networks": [{"mode": "host"}, {"mode": "container", "name": "x"}]}""", "/networks")]
    [InlineData("""{"id": "/a", "cmd": "run", "networks": [{"mode": "host", "name": "x"}]}""", "/networks(0)/name")]
    [InlineData("""{"id": "/a", "cmd": "run", "networks": [{"mode": "container/bridge"}]}""", "/container")]
    [InlineData("""{"id": "/a", "container": {"type": "DOCKER", "volumes": []}, "cmd": "run"}""", "/container/docker")]
    [InlineData("""{"id": "/a", "container": {"docker": {"image": ""}}}""", "/container/docker/image")]
    [InlineData("""{"id": "/a", "container": {"docker": {"image": "x", "network": "NONE"}}}""", "/container/docker/network")]
    [InlineData("""{"id": "/a", "container": {"docker": {"image": "x", "network": "BRIDGE"}}, "networks": [{"mode": "host"}]}""", "/container/docker/network")]
    [InlineData("""{"id": "/a", "container": {"type": "MESOS", "docker": {"image": "x", "privileged": true}}}""", "/container/docker/privileged")]
    [InlineData("""{"id": "/a", "cmd": "run", "container": {"type": "MESOS", "portMappings": [{}]}}""", "/container/portMappings")]
    [InlineData("""{"id": "/a", "cmd": "run", "container": {"type": "MESOS", "volumes": [{"containerPath": "/x"}]}}""", "/container/volumes(0)/hostPath")]
    [InlineData("""{"id": "/a", "cmd": "run", "container": {"type": "MESOS", "volumes": [{"containerPath": "a/b", "persistent": {"size": 1}}]}}""", "/container/volumes(0)/containerPath")]
    [InlineData("""{"id": "/a", "cmd": "run", "container": {"type": "MESOS", "volumes": [{"containerPath": "a", "persistent": {}}]}}""", "/container/volumes(0)/persistent/size")]
    [InlineData("""{"id": "/a", "cmd": "run", "env": {"P": {"secret": "s"}}}""", "/env(P)/secret")]
    [InlineData("""{"id": "/a", "cmd": "run", "healthChecks": [{"port": 1, "portIndex": 0}]}""", "/healthChecks(0)")]
    [InlineData("""{"id": "/a", "cmd": "run", "healthChecks": [{"portIndex": 1}]}""", "/healthChecks(0)/portIndex")]
    [InlineData("""{"id": "/a", "cmd": "run", "healthChecks": [{"protocol": "COMMAND"}]}""", "/healthChecks(0)/command")]
    [InlineData("""{"id": "/a", "cmd": "run", "healthChecks": [{"protocol": "MESOS_TCP"}, {"protocol": "MESOS_HTTP"}]}""", "/healthChecks")]
    [InlineData("""{"id": "/a", "cmd": "run", "healthChecks": [{"protocol": "HTTP", "ipProtocol": "IPv6"}]}""", "/healthChecks(0)/ipProtocol")]
    [InlineData("""{"id": "/a", "cmd": "run", "check": {"http": {}, "tcp": {}}}""", "/check")]
    [InlineData("""{"id": "/a", "cmd": "run", "readinessChecks": [{"portName": "web"}]}""", "/readinessChecks(0)/portName")]
    [InlineData("""{"id": "/a", "cmd": "run", "readinessChecks": [{"portName": "default", "timeoutSeconds": 30}]}""", "/readinessChecks(0)/timeoutSeconds")]
    [InlineData("""{"id": "/a", "cmd": "run", "readinessChecks": [{"portName": "default"}, {"portName": "default"}]}""", "/readinessChecks")]
    [InlineData("""{"id": "/a", "cmd": "run", "unreachableStrategy": {"inactiveAfterSeconds": 2, "expungeAfterSeconds": 1}}""", "/unreachableStrategy")]
    [InlineData("""{"id": "/a", "cmd": "run", "instances": 2, "labels": {"MARATHON_SINGLE_INSTANCE_APP": "TRUE"}}""", "/instances")]
    [InlineData("""{"id": "/a", "cmd": "run", "labels": {"DCOS_MIGRATION_API_VERSION": "v2", "DCOS_PACKAGE_FRAMEWORK_NAME": "f", "DCOS_MIGRATION_API_PATH": "/p"}}""", "/labels(DCOS_MIGRATION_API_VERSION)")]
    [InlineData("""{"id": "/a", "cmd": "run", "labels": {"DCOS_MIGRATION_API_VERSION": "v1"}}""", "/labels")]
    [InlineData("""{"id": "/a", "cmd": "run", "acceptedResourceRoles": ["other"]}""", "/acceptedResourceRoles")]
    [InlineData("""{"id": "/a", "cmd": "run", "role": "other"}""", "/role")]
    [InlineData("""{"id": "/a", "cmd": "run", "role": "a"}""", "/role")]
    [InlineData("""{"id": "/a", "gpus": 1, "container": {"docker": {"image": "x"}}}""", "/gpus")]
    public void Name_the_path_of_a_broken_rule(string json, string path) =>
        Define.Complaints(json).Keys.ShouldBe([path]);

    [Fact]
    public void Name_every_mistake_in_one_answer()
    {
        var complaints = Define.Complaints("""{"id": "A", "cpus": "1", "mem": -1, "portDefinitions": {}}""");

        complaints.Keys.ShouldBe(["/id", "/cpus", "/mem", "/portDefinitions"], ignoreOrder: true);
    }

    [Fact]
    public void Let_a_group_member_take_its_groups_role() =>
        Define.App("""{"id": "/prod/web", "cmd": "run", "role": "prod"}""").Role.ShouldBe("prod");

    [Fact]
    public void Refuse_what_needs_a_feature_that_is_off()
    {
        var nothing = Define.Everything with { Features = MarathonFeatures.None };

        Define.Complaints("""{"id": "/a", "cmd": "run", "gpus": 1}""", nothing).Keys.ShouldBe(["/gpus"]);
        Define.Complaints("""{"id": "/a", "cmd": "run", "secrets": {"s": {"source": "/p"}}}""", nothing).Keys.ShouldBe(["/secrets"]);
    }

    [Theory]
    [InlineData("""{"id": "/a", "container": {"docker": {"image": "x", "network": "BRIDGE"}}}""")]
    [InlineData("""{"id": "/a", "cmd": "run", "networks": [{"name": "n"}], "container": {"type": "MESOS"}}""")]
    [InlineData("""{"id": "/a", "cmd": "run", "container": {"type": "MESOS", "volumes": [{"containerPath": "d", "persistent": {"size": 1}}]}}""")]
    [InlineData("""{"id": "/a", "cmd": "run", "secrets": {"s": {"source": "/p"}}}""")]
    [InlineData("""{"id": "/a", "cmd": "run", "gpus": 1}""")]
    [InlineData("""{"id": "/a", "container": {"docker": {"image": "x", "privileged": true, "parameters": [{"key": "cap-add", "value": "NET_ADMIN"}]}}}""")]
    [InlineData("""{"id": "/a", "cmd": "run", "container": {"type": "MESOS", "linuxInfo": {"seccomp": {"unconfined": true}}}}""")]
    [InlineData("""{"id": "/a", "cmd": "run", "executor": "/opt/custom"}""")]
    public void Accept_what_an_agent_may_lack_since_another_may_have_it(string json) => Define.App(json);

    [Fact]
    public void Let_only_shared_external_volumes_have_several_instances()
    {
        const string App = """{"id": "/a", "instances": 2, "cmd": "run", "container": {"type": "MESOS", "volumes": [{"containerPath": "d", "external": {"name": "v", "provider": "dvdi", "options": {"dvdi/driver": "d"} SHARED }}]}}""";
        Define.Complaints(App.Replace("SHARED", "")).Keys.ShouldBe(["/container/volumes(0)/external"]);
        Define.App(App.Replace("SHARED", ", \"shared\": true"));
    }
}
