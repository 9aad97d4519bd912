using System.Globalization;

namespace Plenum.Agent.Containers.Oci;

/// <summary>A user as the kernel knows it.</summary>
internal sealed record UserAccount(uint User, uint Group, IReadOnlyList<uint> OtherGroups)
{
    public static readonly UserAccount Root = new(0, 0, []);

    /// <summary>
    /// Looks a user up in passwd and group files: of the image when there is one, since its names and
    /// numbers are its own.
    /// </summary>
    /// <param name="user">A name, a number, or null for root.</param>
    /// <param name="read">Gives the text of /etc/passwd and /etc/group, null when there is none.</param>
    public static UserAccount Resolve(string? user, Func<string, string?> read)
    {
        if (string.IsNullOrEmpty(user) || user is "root" or "0")
        {
            return Root;
        }
        var entry = Entries(read("/etc/passwd"))
            .FirstOrDefault(fields => fields.Length >= 4 && (fields[0] == user || fields[2] == user));
        if (entry is null)
        {
            return uint.TryParse(user, CultureInfo.InvariantCulture, out var number)
                ? new UserAccount(number, number, [])
                : throw new ContainerLaunchException($"the user '{user}' does not exist", ContainerLaunchFailure.InvalidSpec);
        }
        var groups = Entries(read("/etc/group"))
            .Where(fields => fields.Length >= 4 && fields[3].Split(',').Contains(entry[0]))
            .Select(fields => Number(fields[2], $"the group '{fields[0]}' of the user '{user}'", "/etc/group"));
        return new UserAccount(
            Number(entry[2], $"the user '{user}'", "/etc/passwd"),
            Number(entry[3], $"the first group of the user '{user}'", "/etc/passwd"),
            [.. groups]);
    }

    private static uint Number(string text, string whose, string file) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ContainerLaunchException(
                $"{whose} has '{text}' where {file} should have a number from 0 to {uint.MaxValue}; mend that file of the image, or of the machine for a task without one",
                ContainerLaunchFailure.InvalidSpec);

    private static IEnumerable<string[]> Entries(string? file) =>
        (file ?? "").Split('\n').Select(static line => line.Split(':'));
}
