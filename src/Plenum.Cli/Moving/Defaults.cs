using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>
/// What a member that is not there means, so that a definition that leaves one out and one that writes the default are
/// the same. Paths are those of a definition, without indices.
/// </summary>
internal static class Defaults
{
    private const string SingleInstance = "MARATHON_SINGLE_INSTANCE_APP";

    private static readonly Dictionary<string, string> OfApps = new(StringComparer.Ordinal)
    {
        ["/instances"] = "1", ["/cpus"] = "1", ["/mem"] = "128", ["/disk"] = "0", ["/gpus"] = "0",
        ["/requirePorts"] = "false", ["/backoffFactor"] = "1.15", ["/backoffSeconds"] = "1", ["/maxLaunchDelaySeconds"] = "300",
        ["/killSelection"] = "\"YOUNGEST_FIRST\"", ["/tty"] = "false",
        ["/container/type"] = "\"DOCKER\"", ["/container/docker/forcePullImage"] = "false", ["/container/docker/privileged"] = "false",
        ["/container/volumes/mode"] = "\"RW\"", ["/container/volumes/persistent/type"] = "\"root\"", ["/container/volumes/external/shared"] = "false",
        ["/container/portMappings/protocol"] = "\"tcp\"", ["/container/portMappings/containerPort"] = "0",
        ["/container/portMappings/hostPort"] = "0", ["/container/portMappings/servicePort"] = "0",
        ["/portDefinitions/protocol"] = "\"tcp\"", ["/portDefinitions/port"] = "0",
        ["/networks/mode"] = "\"container\"",
        ["/fetch/extract"] = "true", ["/fetch/executable"] = "false", ["/fetch/cache"] = "false",
        ["/healthChecks/protocol"] = "\"HTTP\"", ["/healthChecks/gracePeriodSeconds"] = "300", ["/healthChecks/intervalSeconds"] = "60",
        ["/healthChecks/timeoutSeconds"] = "20", ["/healthChecks/maxConsecutiveFailures"] = "3", ["/healthChecks/delaySeconds"] = "15",
        ["/healthChecks/ignoreHttp1xx"] = "false", ["/healthChecks/ipProtocol"] = "\"IPv4\"", ["/healthChecks/portIndex"] = "0",
        ["/healthChecks/path"] = "\"/\"",
        ["/check/intervalSeconds"] = "60", ["/check/timeoutSeconds"] = "20", ["/check/delaySeconds"] = "15",
        ["/readinessChecks/name"] = "\"readinessCheck\"", ["/readinessChecks/protocol"] = "\"HTTP\"", ["/readinessChecks/path"] = "\"/\"",
        ["/readinessChecks/portName"] = "\"http-api\"", ["/readinessChecks/intervalSeconds"] = "30", ["/readinessChecks/timeoutSeconds"] = "10",
        ["/readinessChecks/httpStatusCodesForReady"] = "[200]", ["/readinessChecks/preserveLastResponse"] = "false",
        ["/upgradeStrategy/minimumHealthCapacity"] = "1", ["/upgradeStrategy/maximumOverCapacity"] = "1",
        ["/mode"] = "\"service\"",
        ["/upgradeStrategy/autoRevert"] = "false", ["/upgradeStrategy/progressDeadlineSeconds"] = "600",
        ["/upgradeStrategy/canary/autoPromote"] = "false", ["/upgradeStrategy/canary/pauseSeconds"] = "0",
        ["/upgradeStrategy/canary/steps/autoPromote"] = "false", ["/upgradeStrategy/canary/steps/pauseSeconds"] = "0",
        ["/unreachableStrategy/inactiveAfterSeconds"] = "0", ["/unreachableStrategy/expungeAfterSeconds"] = "0",
    };

    private static readonly Dictionary<string, string> OfPods = new(StringComparer.Ordinal)
    {
        ["/scaling"] = """{"kind":"fixed","instances":1}""", ["/scaling/kind"] = "\"fixed\"", ["/scaling/instances"] = "1",
        ["/scheduling/backoff/backoff"] = "1", ["/scheduling/backoff/backoffFactor"] = "1.15", ["/scheduling/backoff/maxLaunchDelay"] = "300",
        ["/scheduling/upgrade/minimumHealthCapacity"] = "1", ["/scheduling/upgrade/maximumOverCapacity"] = "1",
        ["/scheduling/upgrade/autoRevert"] = "false", ["/scheduling/upgrade/progressDeadlineSeconds"] = "600",
        ["/scheduling/upgrade/canary/autoPromote"] = "false", ["/scheduling/upgrade/canary/pauseSeconds"] = "0",
        ["/scheduling/upgrade/canary/steps/autoPromote"] = "false", ["/scheduling/upgrade/canary/steps/pauseSeconds"] = "0",
        ["/scheduling/killSelection"] = "\"YOUNGEST_FIRST\"", ["/scheduling/unreachableStrategy/inactiveAfterSeconds"] = "0",
        ["/scheduling/unreachableStrategy/expungeAfterSeconds"] = "0",
        ["/readinessChecks/name"] = "\"readinessCheck\"", ["/readinessChecks/protocol"] = "\"HTTP\"", ["/readinessChecks/path"] = "\"/\"",
        ["/readinessChecks/portName"] = "\"http-api\"", ["/readinessChecks/intervalSeconds"] = "30", ["/readinessChecks/timeoutSeconds"] = "10",
        ["/readinessChecks/httpStatusCodesForReady"] = "[200]", ["/readinessChecks/preserveLastResponse"] = "false",
        ["/executorResources/cpus"] = "0.1", ["/executorResources/mem"] = "32", ["/executorResources/disk"] = "10",
        ["/legacySharedCgroups"] = "false", ["/networks/mode"] = "\"container\"",
        ["/networks"] = """[{"mode":"host"}]""", ["/volumes/persistent/type"] = "\"root\"",
        ["/containers/resources/cpus"] = "1", ["/containers/resources/mem"] = "128", ["/containers/resources/disk"] = "0",
        ["/containers/resources/gpus"] = "0", ["/containers/image/forcePull"] = "false", ["/containers/image/kind"] = "\"DOCKER\"",
        ["/containers/volumeMounts/readOnly"] = "false", ["/containers/endpoints/hostPort"] = "0",
        ["/containers/artifacts/extract"] = "true", ["/containers/artifacts/executable"] = "false", ["/containers/artifacts/cache"] = "false",
        ["/containers/healthCheck/gracePeriodSeconds"] = "300", ["/containers/healthCheck/intervalSeconds"] = "60",
        ["/containers/healthCheck/timeoutSeconds"] = "20", ["/containers/healthCheck/maxConsecutiveFailures"] = "3",
        ["/containers/healthCheck/delaySeconds"] = "15", ["/containers/healthCheck/http/path"] = "\"/\"", ["/containers/tty"] = "false",
    };

    public static JsonNode? Of(string path, bool isPod) =>
        (isPod ? OfPods : OfApps).TryGetValue(path, out var json) ? JsonNode.Parse(json) : null;

    /// <summary>A copy with the members whose default depends on other members written out.</summary>
    public static JsonObject Complete(JsonObject app)
    {
        var whole = (JsonObject)app.DeepClone();
        if (AppForm.IsHost(whole))
        {
            whole["networks"] ??= new JsonArray(new JsonObject { ["mode"] = "host" });
            whole["portDefinitions"] ??= new JsonArray(new JsonObject { ["port"] = 0, ["name"] = "default" });
        }
        else if (whole["container"] is JsonObject container)
        {
            container["portMappings"] ??= new JsonArray(new JsonObject { ["containerPort"] = 0, ["name"] = "default" });
        }
        var keepsData = Volumes(whole).Any(volume => volume["persistent"] is not null);
        if (whole["upgradeStrategy"] is null)
        {
            var single = whole["labels"]?[SingleInstance]?.ToString() == "true";
            var stays = keepsData || Volumes(whole).Any(volume => volume["external"] is not null);
            whole["upgradeStrategy"] = new JsonObject
            {
                ["minimumHealthCapacity"] = single ? 0 : stays ? 0.5 : 1,
                ["maximumOverCapacity"] = single || stays ? 0 : 1,
            };
        }
        if (keepsData)
        {
            whole["unreachableStrategy"] ??= "disabled";
            whole["residency"] ??= new JsonObject { ["relaunchEscalationTimeoutSeconds"] = 3600, ["taskLostBehavior"] = "WAIT_FOREVER" };
        }
        return whole;
    }

    public static IEnumerable<JsonNode> Volumes(JsonObject definition) =>
        ((definition["container"]?["volumes"] ?? definition["volumes"]) as JsonArray ?? []).OfType<JsonNode>();
}
