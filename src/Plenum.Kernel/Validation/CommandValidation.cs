using Plenum.Protocol.V1;
using SecretType = Plenum.Protocol.V1.Secret.Types.Type;
using VariableType = Plenum.Protocol.V1.Environment.Types.Variable.Types.Type;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of commands, their environment and secrets. No message repeats a variable's value.</summary>
internal static class CommandValidation
{
    /// <summary><paramref name="hasImage"/>: an image may bring the program to run.</summary>
    internal static string? Validate(CommandInfo command, bool hasImage)
    {
        if (!command.HasValue || command.Value.Length == 0)
        {
            if (command.Shell)
            {
                return "A shell command needs a 'value'";
            }

            if (!hasImage)
            {
                return "A command without 'value' needs an image that brings an entry point";
            }
        }

        if (command.Value.Contains('\0', StringComparison.Ordinal)
            || command.Arguments.Any(a => a.Contains('\0', StringComparison.Ordinal)))
        {
            return "A command or argument contains a null character";
        }

        return command.Uris.Any(uri => uri.Value.Length == 0)
            ? "A URI of the command is empty"
            : command.Environment is null ? null : Validate(command.Environment);
    }

    internal static string? Validate(Secret secret) => secret.Type switch
    {
        SecretType.Reference => secret.Reference is null ? "A secret of type REFERENCE must set 'reference'"
            : secret.Value is not null ? "A secret of type REFERENCE must not set 'value'"
            : null,
        SecretType.Value => secret.Value is null ? "A secret of type VALUE must set 'value'"
            : secret.Reference is not null ? "A secret of type VALUE must not set 'reference'"
            : null,
        _ => "A secret has an unknown type",
    };

    private static string? Validate(Protocol.V1.Environment environment)
    {
        foreach (var variable in environment.Variables)
        {
            if (ValidateVariable(variable) is { } error)
            {
                return $"Environment variable '{variable.Name}': {error}";
            }
        }

        return null;
    }

    private static string? ValidateVariable(Protocol.V1.Environment.Types.Variable variable)
    {
        if (variable.Name.Length == 0 || variable.Name.AsSpan().IndexOfAny('=', '\0') >= 0)
        {
            return "the name is empty or contains '=' or a null character";
        }

        return variable.Type switch
        {
            VariableType.Value => !variable.HasValue ? "type VALUE must set 'value'"
                : variable.Secret is not null ? "type VALUE must not set 'secret'"
                : variable.Value.Contains('\0', StringComparison.Ordinal) ? "the value contains a null character"
                : null,
            VariableType.Secret => variable.Secret is null ? "type SECRET must set 'secret'"
                : variable.HasValue ? "type SECRET must not set 'value'"
                : Validate(variable.Secret)
                    ?? (variable.Secret.Value?.Data.Span.Contains((byte)0) == true ? "the secret contains a null byte" : null),
            _ => "the type is unknown",
        };
    }
}
