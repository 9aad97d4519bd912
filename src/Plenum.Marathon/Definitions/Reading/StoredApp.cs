using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Definitions.Reading;

/// <summary>Reads back what <see cref="Writing.AppWriter"/> wrote, versions included.</summary>
internal static class StoredApp
{
    // Only defaults are taken from them: nothing is judged again, so that what was once accepted stays readable.
    private static readonly DefinitionOptions Options = new();

    /// <exception cref="FormatException">The text is not a stored definition.</exception>
    public static AppDefinition Parse(ReadOnlyMemory<byte> json)
    {
        var parsed = DefinitionDocument.Read(json, Read);
        return parsed.Value
            ?? throw new FormatException(
                $"not a stored app: {parsed.Failure!.Details ?? parsed.Failure.Violations?.ToString()}");
    }

    public static AppDefinition Read(JsonField field)
    {
        var update = AppReader.Read(field, PathId.Root);
        if (update.Id is null)
        {
            field["id"].Refuse("error.path.missing");
        }

        var app = AppBuilder.Build(
            update,
            update.Id ?? PathId.Root,
            existing: null,
            Options,
            AppDefinition.DefaultRole,
            new Report(field.Violations, field.Path));
        return app with { Version = update.Version ?? default, VersionInfo = update.VersionInfo };
    }
}
