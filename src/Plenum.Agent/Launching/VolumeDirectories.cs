using Microsoft.Extensions.Logging;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>
/// Directories of persistent volumes: <c>volumes/roles/&lt;role&gt;/&lt;persistence id&gt;</c>. Made when the
/// master says that the volume exists, removed when it says that it does not any more.
/// </summary>
internal sealed partial class VolumeDirectories(string workDirectory, ILogger logger)
{
    public static string PathOf(string workDirectory, Resource resource)
    {
        var role = resource.Reservations.Count > 0 ? resource.Reservations[^1].Role : resource.Role;
        // "/" of a nested role as " ", as Mesos writes it; an id is a single name by the API's rules.
        return Path.Combine(Root(workDirectory), role.Replace('/', ' '), Path.GetFileName(resource.Disk.Persistence.Id));
    }

    /// <exception cref="IOException">The disk refused.</exception>
    public void Apply(IReadOnlyList<Resource> resources)
    {
        var wanted = resources
            .Where(static resource => resource.Disk is { Persistence: not null, Source: null })
            .Select(resource => PathOf(workDirectory, resource))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var path in wanted)
        {
            Directory.CreateDirectory(path);
        }

        if (!Directory.Exists(Root(workDirectory)))
        {
            return;
        }

        foreach (var path in Directory.EnumerateDirectories(Root(workDirectory)).SelectMany(Directory.EnumerateDirectories).ToArray())
        {
            if (!wanted.Contains(path))
            {
                Log.Removing(logger, path);
                Directory.Delete(path, recursive: true);
            }
        }
    }

    private static string Root(string workDirectory) => Path.Combine(workDirectory, "volumes", "roles");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The volume in {Path} was destroyed by the master's order: removing its data")]
        public static partial void Removing(ILogger logger, string path);
    }
}
