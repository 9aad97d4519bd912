namespace Plenum.Protocol.Identity;

/// <summary>
/// Rule for identifiers that clients choose (framework, task, executor, operation, persistence): they
/// become directory names on agents.
/// </summary>
public static class IdSyntax
{
    public const int MaxLength = 255;

    /// <summary>Null, or what is wrong with the identifier.</summary>
    public static string? Validate(string id)
    {
        if (id.Length is 0 or > MaxLength)
        {
            return id.Length == 0 ? "ID must not be empty" : $"ID is longer than {MaxLength} characters";
        }

        if (id is "." or "..")
        {
            return $"'{id}' is disallowed as an ID";
        }

        foreach (var character in id)
        {
            if (char.IsControl(character) || character is '/' or '\\')
            {
                return "ID contains a slash, a backslash or a control character";
            }
        }

        return null;
    }
}
