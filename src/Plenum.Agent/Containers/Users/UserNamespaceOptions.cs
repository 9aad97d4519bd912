using System.Globalization;

namespace Plenum.Agent.Containers.Users;

/// <summary>Ids of the machine that belong to containers, and directories whose files keep their ids in them.</summary>
internal sealed record UserNamespaceOptions(uint First, uint Size)
{
    /// <summary>Host paths at or below these are shown with the ids that their files have; others belong to nobody inside.</summary>
    public IReadOnlyList<string> MappedPaths { get; init; } = [];

    /// <summary>As BASE:SIZE.</summary>
    /// <exception cref="ContainerLaunchException">It is none, or one that would give containers ids of the machine's own users.</exception>
    public static UserNamespaceOptions Parse(string text)
    {
        var parts = text.Split(':');
        if (parts.Length != 2
            || !uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            // The lowest range is the machine's own, and the last id means "none" to the kernel.
            || first < IdRange.Count || size < IdRange.Count || (ulong)first + size > uint.MaxValue)
        {
            throw new ContainerLaunchException(
                $"'{text}' is no range of ids for containers: --user-namespaces BASE:SIZE, both at least {IdRange.Count}, such as 1000000:{1000 * IdRange.Count} for 1000 containers",
                ContainerLaunchFailure.InvalidSpec);
        }

        return new UserNamespaceOptions(first, size);
    }

    /// <summary>An account of the machine among the containers' ids would own what containers write: its name; null: there is none.</summary>
    /// <param name="accounts">The text of /etc/passwd.</param>
    public string? AccountWithin(string accounts) => accounts.Split('\n')
        .Select(static line => line.Split(':'))
        .FirstOrDefault(fields => fields.Length > 2
            && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id >= First && id - First < Size)?[0];

    /// <summary>Whether the operator lets containers see the owners there.</summary>
    public bool Maps(string hostPath)
    {
        var path = Volumes.RealPath.Of(hostPath);
        return MappedPaths.Any(root => Volumes.RealPath.IsWithin(path, Volumes.RealPath.OrSame(root)));
    }
}
