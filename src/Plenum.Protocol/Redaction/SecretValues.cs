using System.Diagnostics.CodeAnalysis;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Redaction;

/// <summary>
/// Takes the values of secrets out of what state APIs show. A message without any is given back as it is; a
/// secret without its value still says that there is one, and references stay.
/// </summary>
public static class SecretValues
{
    /// <summary>The container without values in its volumes and image credentials.</summary>
    [return: NotNullIfNotNull(nameof(container))]
    public static ContainerInfo? Hide(ContainerInfo? container)
    {
        if (container is null || !SecretsOf(container).Any(IsValue))
        {
            return container;
        }

        var hidden = container.Clone();
        Clear(SecretsOf(hidden));
        return hidden;
    }

    /// <summary>The command without values in its environment, and passwords and queries in its URIs.</summary>
    [return: NotNullIfNotNull(nameof(command))]
    public static CommandInfo? Hide(CommandInfo? command)
    {
        if (command is null || (!SecretsOf(command).Any(IsValue) && !command.Uris.Any(static uri => UriSecrets.Hide(uri.Value) != uri.Value)))
        {
            return command;
        }

        var hidden = command.Clone();
        Clear(SecretsOf(hidden));
        foreach (var uri in hidden.Uris)
        {
            uri.Value = UriSecrets.Hide(uri.Value);
        }

        return hidden;
    }

    /// <summary>The health check without values in its command's environment.</summary>
    [return: NotNullIfNotNull(nameof(check))]
    public static HealthCheck? Hide(HealthCheck? check)
    {
        var command = Hide(check?.Command);
        return ReferenceEquals(command, check?.Command) ? check : new HealthCheck(check!) { Command = command };
    }

    /// <summary>The executor without values in its command and container.</summary>
    public static ExecutorInfo Hide(ExecutorInfo executor)
    {
        ArgumentNullException.ThrowIfNull(executor);
        var command = Hide(executor.Command);
        var container = Hide(executor.Container);
        return ReferenceEquals(command, executor.Command) && ReferenceEquals(container, executor.Container)
            ? executor
            : new ExecutorInfo(executor) { Command = command, Container = container };
    }

    private static bool IsValue(Secret secret) => secret.Value is not null;

    private static void Clear(IEnumerable<Secret> secrets)
    {
        foreach (var secret in secrets)
        {
            secret.Value = null;
        }
    }

    private static IEnumerable<Secret> SecretsOf(CommandInfo command) =>
        (command.Environment?.Variables ?? []).Select(static variable => variable.Secret).OfType<Secret>();

    private static IEnumerable<Secret> SecretsOf(ContainerInfo container) => container.Volumes
        .SelectMany(static volume => (Secret?[])[volume.Source?.Secret, volume.Image?.Docker?.Config])
        .Append(container.Mesos?.Image?.Docker?.Config)
        .OfType<Secret>();
}
