using Plenum.Agent.Images;

namespace Plenum.Agent.Containers;

/// <summary>What a command and an image's settings come to (Mesos' docker/runtime isolator).</summary>
internal static class CommandLine
{
    /// <summary>Mesos' default, and the one of most images.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static IReadOnlyList<string> Arguments(ContainerCommand command, ImageConfig? image)
    {
        if (command.Shell)
        {
            return command.Value is null
                ? throw Invalid("a shell command needs a value")
                : ["/bin/sh", "-c", command.Value];
        }
        if (command.Value is not null)
        {
            // argv[0] is the program itself: OCI has no other place for it, so a different arguments[0] is lost.
            return [command.Value, .. command.Arguments.Skip(1)];
        }
        if (image is null)
        {
            throw Invalid("a command without a value needs an image with an entry point");
        }
        if (image.EntryPoint.Count > 0)
        {
            return [.. image.EntryPoint, .. command.Arguments.Count > 0 ? command.Arguments : image.Command];
        }
        if (command is { ArgumentsReplaceCommand: true, Arguments.Count: > 0 })
        {
            return command.Arguments;
        }
        if (image.Command.Count == 0)
        {
            throw Invalid("neither the command nor the image says what to run");
        }
        return [image.Command[0], .. command.Arguments.Count > 0 ? command.Arguments : image.Command.Skip(1)];
    }

    /// <summary>Lowest priority first: the image, the command, then what only the runtime can know.</summary>
    public static Dictionary<string, string> Environment(ContainerCommand command, ImageConfig? image, string sandboxPath)
    {
        var environment = new Dictionary<string, string> { ["PATH"] = DefaultPath };
        foreach (var variable in image?.Environment ?? [])
        {
            var separator = variable.IndexOf('=', StringComparison.Ordinal);
            if (separator > 0)
            {
                environment[variable[..separator]] = variable[(separator + 1)..];
            }
        }
        foreach (var (name, value) in command.Environment)
        {
            environment[name] = value;
        }
        environment["MESOS_SANDBOX"] = sandboxPath;
        return environment;
    }

    /// <summary>An environment cannot carry these; the kernel would cut or misread them.</summary>
    public static void Validate(ContainerCommand command)
    {
        if (command.Environment.FirstOrDefault(static v =>
                v.Key.Length == 0 || v.Key.Contains('=', StringComparison.Ordinal) || v.Key.Contains('\0', StringComparison.Ordinal)
                || v.Value.Contains('\0', StringComparison.Ordinal)) is { Key: not null } bad)
        {
            throw Invalid($"the environment variable name or value of '{bad.Key.Replace('\0', '?')}' is not legal");
        }
        if (command.Arguments.Append(command.Value).Any(static a => a?.Contains('\0', StringComparison.Ordinal) ?? false))
        {
            throw Invalid("the command holds a zero byte");
        }
    }

    private static ContainerLaunchException Invalid(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
