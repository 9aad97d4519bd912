namespace Plenum.Marathon.Definitions.Validation;

/// <summary>
/// An app runs under the default role or under the role named like its top-level group; a group may insist on the
/// latter. Apps directly under the root have the default role only.
/// </summary>
internal static class RoleRules
{
    public static string DefaultRole(PathId app, bool groupEnforcesRole, DefinitionOptions options) =>
        groupEnforcesRole && !app.Parent.IsRoot ? app.TopLevel.Name : options.DefaultRole;

    public static bool Enforces(PathId app, Group root) =>
        !app.Parent.IsRoot && root.FindGroup(app.TopLevel)?.EnforceRole == true;

    public static void Validate(
        RunSpec app,
        RunSpec? existing,
        bool groupEnforcesRole,
        DefinitionOptions options,
        Report report)
    {
        // What runs under a role keeps it until somebody changes it.
        if (existing?.Role == app.Role)
        {
            return;
        }

        var groupRole = app.Id.Parent.IsRoot ? null : app.Id.TopLevel.Name;
        if (groupEnforcesRole && groupRole is not null)
        {
            if (app.Role != groupRole)
            {
                report["role"].Add($"must be '{groupRole}', since the group enforces its role");
            }
        }
        else if (app.Role != options.DefaultRole && app.Role != groupRole)
        {
            report["role"].Add(groupRole is null
                ? $"must be '{options.DefaultRole}' for an app directly under the root"
                : $"must be '{options.DefaultRole}' or '{groupRole}'");
        }
    }
}
