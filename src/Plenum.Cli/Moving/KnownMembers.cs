namespace Plenum.Cli.Moving;

/// <summary>
/// The members that every Marathon of today prints when they were given. Servers ignore members they do not know: one that
/// is not in this table and does not come back was ignored, at the source as here, and is no difference.
/// </summary>
internal static class KnownMembers
{
    private static readonly HashSet<string> OfApps = Paths(
        ("", "id mode cmd args user env instances cpus mem disk gpus resourceLimits executor executorResources constraints fetch container networks "
            + "portDefinitions requirePorts healthChecks check readinessChecks backoffSeconds backoffFactor maxLaunchDelaySeconds "
            + "taskKillGracePeriodSeconds upgradeStrategy unreachableStrategy killSelection residency dependencies labels "
            + "acceptedResourceRoles role secrets tty placement"),
        ("/placement", "near apart prefer waitSeconds"),
        ("/placement/near", "app topology weight"),
        ("/placement/apart", "app topology weight"),
        ("/placement/prefer", "field operator value weight"),
        ("/resourceLimits", "cpus mem"),
        ("/executorResources", "cpus mem disk"),
        ("/fetch", "uri extract executable cache destPath"),
        ("/container", "type docker linuxInfo volumes portMappings"),
        ("/container/docker", "image forcePullImage privileged parameters pullConfig"),
        ("/container/docker/parameters", "key value"),
        ("/container/docker/pullConfig", "secret"),
        ("/container/linuxInfo", "seccomp ipcInfo"),
        ("/container/linuxInfo/seccomp", "profileName unconfined"),
        ("/container/linuxInfo/ipcInfo", "mode shmSize"),
        ("/container/volumes", "containerPath hostPath mode secret persistent external"),
        ("/container/volumes/persistent", "type size maxSize profileName constraints"),
        ("/container/volumes/external", "name provider size options shared"),
        ("/container/portMappings", "containerPort hostPort servicePort protocol name labels networkNames"),
        ("/networks", "mode name labels"),
        ("/portDefinitions", "port protocol name labels"),
        ("/healthChecks", "protocol gracePeriodSeconds intervalSeconds timeoutSeconds maxConsecutiveFailures delaySeconds path portIndex port command ignoreHttp1xx ipProtocol"),
        ("/healthChecks/command", "value"),
        ("/check", "http tcp exec intervalSeconds timeoutSeconds delaySeconds"),
        ("/check/http", "portIndex port path scheme"),
        ("/check/tcp", "portIndex port"),
        ("/check/exec", "command"),
        ("/check/exec/command", "shell"),
        ("/readinessChecks", "name protocol path portName intervalSeconds timeoutSeconds httpStatusCodesForReady preserveLastResponse"),
        ("/upgradeStrategy", "minimumHealthCapacity maximumOverCapacity autoRevert progressDeadlineSeconds canary"),
        ("/upgradeStrategy/canary", "instances autoPromote pauseSeconds steps"),
        ("/upgradeStrategy/canary/steps", "instances autoPromote pauseSeconds"),
        ("/unreachableStrategy", "inactiveAfterSeconds expungeAfterSeconds"),
        ("/residency", "relaunchEscalationTimeoutSeconds taskLostBehavior"));

    // The check of a container is missing on purpose: Marathon takes it and forgets it.
    private static readonly HashSet<string> OfPods = Paths(
        ("", "id labels user environment containers secrets volumes networks scaling scheduling readinessChecks executorResources linuxInfo role legacySharedCgroups"),
        ("/containers", "name exec resources resourceLimits endpoints image environment user healthCheck volumeMounts artifacts labels lifecycle tty linuxInfo"),
        ("/containers/exec", "command overrideEntrypoint"),
        ("/containers/exec/command", "shell argv"),
        ("/containers/resources", "cpus mem disk gpus"),
        ("/containers/resourceLimits", "cpus mem"),
        ("/containers/endpoints", "name containerPort hostPort protocol labels networkNames"),
        ("/containers/image", "kind id pullConfig forcePull labels"),
        ("/containers/image/pullConfig", "secret"),
        ("/containers/healthCheck", "http tcp exec gracePeriodSeconds intervalSeconds maxConsecutiveFailures timeoutSeconds delaySeconds"),
        ("/containers/healthCheck/http", "endpoint path scheme"),
        ("/containers/healthCheck/tcp", "endpoint"),
        ("/containers/healthCheck/exec", "command"),
        ("/containers/healthCheck/exec/command", "shell argv"),
        ("/containers/volumeMounts", "name mountPath readOnly"),
        ("/containers/artifacts", "uri extract executable cache destPath"),
        ("/containers/lifecycle", "killGracePeriodSeconds"),
        ("/containers/linuxInfo", "seccomp ipcInfo"),
        ("/containers/linuxInfo/seccomp", "profileName unconfined"),
        ("/containers/linuxInfo/ipcInfo", "mode shmSize"),
        ("/linuxInfo", "ipcInfo"),
        ("/linuxInfo/ipcInfo", "mode shmSize"),
        ("/volumes", "name host secret persistent"),
        ("/volumes/persistent", "type size maxSize profileName constraints"),
        ("/volumes/persistent/constraints", "fieldName operator value"),
        ("/networks", "mode name labels"),
        ("/readinessChecks", "name protocol path portName intervalSeconds timeoutSeconds httpStatusCodesForReady preserveLastResponse"),
        ("/scaling", "kind instances maxInstances"),
        ("/scheduling", "backoff upgrade placement killSelection unreachableStrategy"),
        ("/scheduling/backoff", "backoff backoffFactor maxLaunchDelay"),
        ("/scheduling/upgrade", "minimumHealthCapacity maximumOverCapacity autoRevert progressDeadlineSeconds canary"),
        ("/scheduling/upgrade/canary", "instances autoPromote pauseSeconds steps"),
        ("/scheduling/upgrade/canary/steps", "instances autoPromote pauseSeconds"),
        ("/scheduling/placement", "constraints acceptedResourceRoles near apart prefer waitSeconds"),
        ("/scheduling/placement/near", "app topology weight"),
        ("/scheduling/placement/apart", "app topology weight"),
        ("/scheduling/placement/prefer", "field operator value weight"),
        ("/scheduling/placement/constraints", "fieldName operator value"),
        ("/scheduling/unreachableStrategy", "inactiveAfterSeconds expungeAfterSeconds"),
        ("/executorResources", "cpus mem disk"));

    public static bool Contains(string path, bool isPod) => (isPod ? OfPods : OfApps).Contains(path);

    private static HashSet<string> Paths(params (string Parent, string Members)[] tables) =>
        [.. tables.SelectMany(table => table.Members.Split(' ').Select(member => $"{table.Parent}/{member}"))];
}
