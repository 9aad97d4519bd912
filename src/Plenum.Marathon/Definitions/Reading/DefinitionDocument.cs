using System.Text.Json;

namespace Plenum.Marathon.Definitions.Reading;

/// <summary>What became of a request's text: a value, or the reason why it is not one.</summary>
internal readonly record struct Parsed<T>(T? Value, ParseFailure? Failure)
    where T : class;

/// <summary>
/// Text that is not JSON at all (<see cref="Details"/>, answered with 400), or JSON of the wrong shape
/// (<see cref="Violations"/>, answered with 422).
/// </summary>
internal sealed record ParseFailure(string Message, string? Details, Violations? Violations)
{
    public const string InvalidJson = "Invalid JSON";
    public const string NoData = "Please specify data in JSON format";
}

/// <summary>The way from bytes to a typed reading.</summary>
internal static class DefinitionDocument
{
    // System.Text.Json's own default, stated because the recursion of the readers depends on it.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    public static Parsed<T> Read<T>(ReadOnlyMemory<byte> json, Func<JsonField, T> read)
        where T : class
    {
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new Parsed<T>(null, new ParseFailure(ParseFailure.NoData, "No content to map due to end of input", null));
        }

        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var violations = new Violations();
            var value = read(new JsonField(document.RootElement, FieldPath.Root, violations));
            return violations.Any
                ? new Parsed<T>(null, new ParseFailure(ParseFailure.InvalidJson, null, violations))
                : new Parsed<T>(value, null);
        }
        catch (JsonException exception)
        {
            return new Parsed<T>(null, new ParseFailure(ParseFailure.InvalidJson, exception.Message, null));
        }
        catch (InvalidOperationException exception)
        {
            // Half of a surrogate pair written as an escape passes the tokenizer and fails when the text is taken.
            return new Parsed<T>(null, new ParseFailure(ParseFailure.InvalidJson, exception.Message, null));
        }
    }
}
