using System.Globalization;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Networking;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>
/// Environment of a container: what Mesos' agents set (mesos.md 6.7), under what the command asks for.
/// MESOS_SANDBOX comes from the runtime, who knows where the sandbox appears; MESOS_TASK_ID is the
/// schedulers' own doing.
/// </summary>
internal sealed class TaskEnvironment(AgentEndpoint endpoint, ExecutorOptions executors)
{
    private const string AnyAddress = "0.0.0.0";

    /// <summary>Bound of an executor's pause between attempts to subscribe; Mesos' default.</summary>
    private static readonly TimeSpan SubscriptionBackoff = TimeSpan.FromSeconds(2);

    /// <exception cref="ContainerLaunchException">A secret cannot be had.</exception>
    public Dictionary<string, string> For(
        ContainerLaunch launch, string sandbox, CommandInfo? command, NetworkRequest? network, ContainerNetwork? parentNetwork)
    {
        var grace = launch.Executor.ShutdownGracePeriod is { } period
            ? TimeSpan.FromTicks(period.Nanoseconds / 100)
            : executors.ShutdownGrace;
        var environment = new Dictionary<string, string>(executors.Variables, StringComparer.Ordinal)
        {
            ["MESOS_FRAMEWORK_ID"] = launch.Framework.Id.Value,
            ["MESOS_EXECUTOR_ID"] = launch.Executor.ExecutorId.Value,
            ["MESOS_SLAVE_ID"] = launch.Agent.Value,
            ["MESOS_SLAVE_PID"] = endpoint.Pid,
            ["MESOS_AGENT_ENDPOINT"] = endpoint.HostAndPort,
            ["MESOS_DIRECTORY"] = sandbox,
            ["MESOS_CHECKPOINT"] = launch.Framework.Checkpoint ? "1" : "0",
            ["MESOS_HTTP_COMMAND_EXECUTOR"] = "1",
            ["MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"] = Text(grace),
            // In a network of its own the agent's address is nobody's: libprocess then listens on all.
            ["LIBPROCESS_IP"] = network is null && parentNetwork is null or { IsHost: true } ? endpoint.Ip : AnyAddress,
            ["LIBPROCESS_PORT"] = "0",
        };
        if (launch.Framework.Checkpoint)
        {
            environment["MESOS_RECOVERY_TIMEOUT"] = Text(executors.RecoveryTimeout);
            environment["MESOS_SUBSCRIPTION_BACKOFF_MAX"] = Text(SubscriptionBackoff);
        }

        if (launch.Kind == ContainerKind.PodTask)
        {
            environment["MESOS_CONTAINER_IP"] = parentNetwork?.Networks
                .SelectMany(static joined => joined.IpAddresses).FirstOrDefault()?.IpAddress ?? endpoint.Ip;
        }

        if (launch.Kind != ContainerKind.Executor && AllocationRole(launch.Resources) is { } role)
        {
            environment["MESOS_ALLOCATION_ROLE"] = role;
        }

        foreach (var variable in command?.Environment?.Variables ?? [])
        {
            environment[variable.Name] = ValueOf(variable);
        }

        return environment;
    }

    /// <summary>A duration as Mesos writes it: the largest unit that leaves a whole number.</summary>
    public static string Text(TimeSpan span)
    {
        (string Unit, TimeSpan Length)[] units =
        [
            ("weeks", TimeSpan.FromDays(7)),
            ("days", TimeSpan.FromDays(1)),
            ("hrs", TimeSpan.FromHours(1)),
            ("mins", TimeSpan.FromMinutes(1)),
            ("secs", TimeSpan.FromSeconds(1)),
            ("ms", TimeSpan.FromMilliseconds(1)),
        ];
        foreach (var (unit, length) in units)
        {
            if (span >= length && span.Ticks % length.Ticks == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{span.Ticks / length.Ticks}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds * 1_000_000:0}ns");
    }

    /// <exception cref="ContainerLaunchException">A secret cannot be had.</exception>
    public static string ValueOf(Protocol.V1.Environment.Types.Variable variable)
    {
        if (variable.Type != Protocol.V1.Environment.Types.Variable.Types.Type.Secret)
        {
            return variable.Value;
        }

        // References became values before, see LaunchSecrets.
        return variable.Secret?.Value is { } secret
            ? secret.Data.ToStringUtf8()
            : throw new ContainerLaunchException(
                $"The environment variable '{variable.Name}' is a secret without a value", ContainerLaunchFailure.InvalidSpec);
    }

    private static string? AllocationRole(IReadOnlyList<Resource> resources)
    {
        foreach (var resource in resources)
        {
            if (resource.AllocationInfo is { HasRole: true } allocation)
            {
                return allocation.Role;
            }
        }

        return null;
    }
}
