using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Groups;

/// <summary>
/// A volume of a Docker volume driver is one thing in the whole cluster: two apps may name it only when both say that
/// they share it.
/// </summary>
internal static class ExternalVolumeNames
{
    /// <summary>Why the root cannot be; null when it can. Looks only for what the changed apps name.</summary>
    public static string? Conflict(Group root, IEnumerable<AppDefinition> changed)
    {
        var named = changed
            .SelectMany(app => VolumesOf(app).Select(volume => (App: app.Id, Volume: volume)))
            .ToLookup(entry => entry.Volume.VolumeName, StringComparer.Ordinal);
        if (named.Count == 0)
        {
            return null;
        }

        foreach (var app in root.AllApps)
        {
            foreach (var volume in VolumesOf(app))
            {
                foreach (var (other, twin) in named[volume.VolumeName])
                {
                    if (other != app.Id && !(volume.Shared && twin.Shared))
                    {
                        return $"Volume name '{volume.VolumeName}' in {other} conflicts with the volume of the same name in {app.Id}";
                    }
                }
            }
        }

        return null;
    }

    private static IEnumerable<Volume.Dvdi> VolumesOf(AppDefinition app) =>
        app.Container is null ? [] : app.Container.Volumes.AsEnumerable().OfType<Volume.Dvdi>();
}
