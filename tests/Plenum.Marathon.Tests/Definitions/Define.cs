using System.Text;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Tests.Definitions;

/// <summary>The whole way of a definition, from text to a checked canonical form.</summary>
internal static class Define
{
    public static readonly DefinitionOptions Everything = new();

    public static AppDefinition App(string json, DefinitionOptions? options = null)
    {
        var (app, violations) = Try(json, options);
        violations.Any.ShouldBeFalse(violations.ToString());
        return app!;
    }

    /// <summary>The paths of all complaints with their texts, joined.</summary>
    public static Dictionary<string, string> Complaints(string json, DefinitionOptions? options = null) =>
        Try(json, options).Violations.ByPath.ToDictionary(entry => entry.Key, entry => string.Join("; ", entry.Value));

    public static (AppDefinition? App, Violations Violations) Try(string json, DefinitionOptions? options = null)
    {
        options ??= Everything;
        var parsed = DefinitionDocument.Read(Encoding.UTF8.GetBytes(json), field => AppReader.Read(field, PathId.Root));
        if (parsed.Value is not { } update)
        {
            parsed.Failure!.Violations.ShouldNotBeNull(parsed.Failure.Details);
            return (null, parsed.Failure.Violations!);
        }

        var violations = new Violations();
        var report = new Report(violations, FieldPath.Root);
        var app = AppBuilder.Build(update, update.Id!.Value, null, options, AppDefinition.DefaultRole, report);
        AppValidator.Validate(app, options, report);
        RoleRules.Validate(app, null, groupEnforcesRole: false, options, report);
        return (app, violations);
    }
}
