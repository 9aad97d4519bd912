using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Protocol.V1;
using Variable = Plenum.Protocol.V1.Environment.Types.Variable;

namespace Plenum.Agent.Secrets;

/// <summary>
/// Puts values in the place of references, in copies that only the launch sees: the book, its checkpoints and
/// every API keep the references.
/// </summary>
internal sealed class LaunchSecrets(ISecretResolver resolver)
{
    /// <summary>DC/OS' mark of a binary secret kept as text: as a file it is delivered decoded (security.md 3.1).</summary>
    private const string EncodedPrefix = "__dcos_base64__";

    /// <exception cref="ContainerLaunchException">A secret cannot be had; the message names it.</exception>
    public async Task<ContainerLaunch> ResolveAsync(ContainerLaunch launch, CancellationToken cancellationToken)
    {
        if (launch.Task is not { } task)
        {
            var (command, container) = await ResolveAsync(
                launch.Executor.Command, launch.Executor.Container, launch.Executor.Name, cancellationToken);
            return ReferenceEquals(command, launch.Executor.Command) && ReferenceEquals(container, launch.Executor.Container)
                ? launch
                : launch with { Executor = new ExecutorInfo(launch.Executor) { Command = command, Container = container } };
        }

        var resolved = await ResolveAsync(task.Command, task.Container, task.Name, cancellationToken);
        return ReferenceEquals(resolved.Command, task.Command) && ReferenceEquals(resolved.Container, task.Container)
            ? launch
            : launch with { Task = new TaskInfo(task) { Command = resolved.Command, Container = resolved.Container } };
    }

    /// <summary>The same objects when they refer to nothing.</summary>
    /// <exception cref="ContainerLaunchException">A secret cannot be had; the message names it.</exception>
    public async Task<(CommandInfo? Command, ContainerInfo? Container)> ResolveAsync(
        CommandInfo? command, ContainerInfo? container, string task, CancellationToken cancellationToken)
    {
        if (command?.Environment?.Variables.Any(static variable => IsReference(variable.Secret)) ?? false)
        {
            command = command.Clone();
            foreach (var variable in command.Environment.Variables.Where(static variable => IsReference(variable.Secret)))
            {
                variable.Secret = Value(await ResolveAsync(variable.Secret, task, cancellationToken));
            }
        }

        if (container is not null && Secrets(container).Any(static place => IsReference(place.Secret)))
        {
            container = container.Clone();
            foreach (var (secret, asFile) in Secrets(container).Where(static place => IsReference(place.Secret)).ToArray())
            {
                var value = await ResolveAsync(secret, task, cancellationToken);
                var name = secret.Reference.Name;
                secret.MergeFrom(Value(asFile ? Decode(name, value) : value));
                secret.Type = Secret.Types.Type.Value;
                secret.Reference = null;
            }
        }

        return (command, container);
    }

    public static IReadOnlySet<string> SecretNames(CommandInfo? command) =>
        (command?.Environment?.Variables ?? [])
            .Where(static variable => variable.Type == Variable.Types.Type.Secret)
            .Select(static variable => variable.Name)
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Secrets of volumes, which become files, and of image pulls.</summary>
    private static IEnumerable<(Secret Secret, bool AsFile)> Secrets(ContainerInfo container)
    {
        foreach (var volume in container.Volumes)
        {
            if (volume.Source?.Secret is { } secret)
            {
                yield return (secret, true);
            }

            if (volume.Image?.Docker?.Config is { } config)
            {
                yield return (config, false);
            }
        }

        if (container.Mesos?.Image?.Docker?.Config is { } pull)
        {
            yield return (pull, false);
        }
    }

    private static bool IsReference(Secret? secret) => secret is { Value: null, Reference: not null };

    private static Secret Value(byte[] value) => new()
    {
        Type = Secret.Types.Type.Value,
        Value = new Secret.Types.Value { Data = UnsafeByteOperations.UnsafeWrap(value) },
    };

    private static byte[] Decode(string name, byte[] value)
    {
        if (!name[(name.LastIndexOf('/') + 1)..].StartsWith(EncodedPrefix, StringComparison.Ordinal))
        {
            return value;
        }

        try
        {
            return Convert.FromBase64String(System.Text.Encoding.ASCII.GetString(value));
        }
        catch (FormatException)
        {
            throw Missing(name, "is not the base64 text that its name promises");
        }
    }

    private async Task<byte[]> ResolveAsync(Secret secret, string task, CancellationToken cancellationToken)
    {
        var reference = secret.Reference;
        var answer = await resolver.ResolveAsync(
            new SecretRequest(reference.Name, reference.HasKey ? reference.Key : null, task), cancellationToken);
        return answer switch
        {
            SecretAnswer.Found found => found.Value,
            SecretAnswer.Missing missing => throw Missing(reference.Name, missing.Reason),
            _ => throw new InvalidOperationException($"Nobody knows the answer {answer.GetType()}"),
        };
    }

    private static ContainerLaunchException Missing(string name, string reason) =>
        new($"The secret '{name}' {reason}", ContainerLaunchFailure.InvalidSpec);
}
