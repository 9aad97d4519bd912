namespace Plenum.Marathon.Api.Selection;

/// <summary>Reads <c>embed</c> parameters. Names that mean nothing are ignored, as they always were.</summary>
internal static class EmbedNames
{
    private static readonly string[] AppPrefixes = ["group.apps.", "apps.", "app."];

    public static AppParts ReadApp(IEnumerable<string> names)
    {
        var parts = AppParts.None;
        foreach (var name in names)
        {
            parts |= ReadOne(name);
        }

        return parts;
    }

    public static GroupParts ReadGroup(IEnumerable<string> names)
    {
        var given = names.ToList();
        if (given.Count == 0)
        {
            return GroupParts.Default;
        }

        var appParts = ReadApp(given.Where(name => name.StartsWith("group.apps.", StringComparison.Ordinal)));
        return new GroupParts(
            given.Contains("group.groups"),
            given.Contains("group.apps") || appParts != AppParts.None,
            given.Contains("group.pods"),
            appParts);
    }

    private static AppParts ReadOne(string name)
    {
        var prefix = AppPrefixes.FirstOrDefault(candidate => name.StartsWith(candidate, StringComparison.Ordinal)) ?? "";
        return name[prefix.Length..] switch
        {
            "tasks" => AppParts.Tasks | AppParts.Deployments,
            "counts" => AppParts.Counts,
            "deployments" => AppParts.Deployments,
            "readiness" => AppParts.Readiness,
            "lastTaskFailure" or "failures" => AppParts.LastTaskFailure,
            "taskStats" => AppParts.TaskStatistics,
            _ => AppParts.None,
        };
    }
}
