namespace Plenum.Protocol.Resources;

/// <summary>Role names: <c>*</c>, or a path whose components are separated by slashes.</summary>
public static class RoleName
{
    /// <summary>Of everybody who names no other; nothing can be reserved to it.</summary>
    public const string Default = "*";

    /// <summary>Mesos has no bound; this one keeps a hostile role out of every table and log line.</summary>
    public const int MaxLength = 1024;

    /// <summary>Null, or what is wrong with the name.</summary>
    public static string? Validate(string role)
    {
        if (string.Equals(role, Default, StringComparison.Ordinal))
        {
            return null;
        }

        if (role.Length is 0 or > MaxLength)
        {
            return role.Length == 0 ? "Role name is empty" : $"Role name is longer than {MaxLength} characters";
        }

        if (role.StartsWith('/') || role.EndsWith('/'))
        {
            return $"Role '{role}' must not start or end with a slash";
        }

        foreach (var component in role.Split('/'))
        {
            if (CheckComponent(component) is { } error)
            {
                return $"Role '{role}': {error}";
            }
        }

        return null;
    }

    /// <summary>True for <c>a/b</c> below <c>a</c>; a role is not its own child.</summary>
    public static bool IsStrictChild(string role, string parent) =>
        role.Length > parent.Length && role[parent.Length] == '/' && role.StartsWith(parent, StringComparison.Ordinal);

    private static string? CheckComponent(string component) => component switch
    {
        "" => "two slashes in a row",
        "." or ".." or "*" => $"'{component}' is not allowed as a component",
        ['-', ..] => $"component '{component}' must not start with a dash",
        _ when component.Any(c => char.IsWhiteSpace(c) || c is '\b' or '\x7f') =>
            "whitespace, backspace and delete characters are not allowed",
        _ => null,
    };
}
