using System.Collections.Immutable;
using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Marathon.Api;

/// <summary>
/// Why a request was not carried out, in the shapes that Marathon's clients know: <c>details</c> is a text for
/// broken JSON and a list for a wrong document, and <c>deployments</c> is what tells a lock from other conflicts.
/// </summary>
internal sealed record ApiProblem(int Status, string Message)
{
    public const string InvalidObject = "Object is not valid";

    public string? Details { get; init; }

    public Violations? Violations { get; init; }

    public ImmutableArray<string> Deployments { get; init; } = [];

    public static ApiProblem NotFound(string what) => new(404, what);

    public static ApiProblem NoSuchApp(PathId id) => new(404, $"App '{id}' does not exist");

    public static ApiProblem NoSuchPod(PathId id) => new(404, $"Pod '{id}' does not exist");

    public static ApiProblem NoSuchGroup(PathId id) => new(404, $"Group '{id}' does not exist");

    public static ApiProblem Invalid(Violations violations) => new(422, InvalidObject) { Violations = violations };

    public static ApiProblem Invalid(string path, string message)
    {
        var violations = new Violations();
        violations.Add(path, message);
        return Invalid(violations);
    }

    public static ApiProblem NotImplemented(string what) => new(501, what);

    public static ApiProblem From(ParseFailure failure) =>
        new(failure.Violations is null ? 400 : 422, failure.Message)
        {
            Details = failure.Details,
            Violations = failure.Violations,
        };

    public static ApiProblem Locked(ImmutableArray<string> deployments) =>
        new(
            409,
            "App is locked by one or more deployments. Override with the option '?force=true'. "
            + "View details at '/v2/deployments/<DEPLOYMENT_ID>'.")
        {
            Deployments = deployments,
        };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("message", Message);
        if (Details is not null)
        {
            writer.WriteString("details", Details);
        }
        else if (Violations is not null)
        {
            WriteViolations(writer, Violations);
        }

        if (!Deployments.IsEmpty)
        {
            writer.WriteStartArray("deployments");
            foreach (var deployment in Deployments)
            {
                writer.WriteStartObject();
                writer.WriteString("id", deployment);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteViolations(Utf8JsonWriter writer, Violations violations)
    {
        writer.WriteStartArray("details");
        foreach (var (path, messages) in violations.ByPath)
        {
            writer.WriteStartObject();
            writer.WriteString("path", path);
            writer.WriteStartArray("errors");
            foreach (var message in messages)
            {
                writer.WriteStringValue(message);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
