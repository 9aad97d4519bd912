using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Api;

/// <summary>What goes back to the client: a status, perhaps headers, and at most one kind of body.</summary>
internal sealed record ApiAnswer(int Status)
{
    public const string DeploymentIdHeader = "Marathon-Deployment-Id";

    /// <summary>The handler wrote the response itself (the event stream).</summary>
    public static readonly ApiAnswer Streamed = new(0);

    // Clients are programs; texts like "a > b" stay readable, and no answer is ever embedded in a page as it is.
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public Action<Utf8JsonWriter>? Json { get; init; }

    public string? Text { get; init; }

    public string TextType { get; init; } = "text/plain; charset=utf-8";

    public string? Location { get; init; }

    public string? DeploymentId { get; init; }

    public string? Allow { get; init; }

    public static ApiAnswer Ok(Action<Utf8JsonWriter> json) => new(200) { Json = json };

    /// <summary>The answer to nearly everything that changes the root group.</summary>
    public static ApiAnswer Deployed(RootUpdateResult.Deployed result, int status = 200, PathId? location = null) =>
        new(status)
        {
            DeploymentId = result.DeploymentId,
            Location = location?.Text,
            Json = writer => WriteDeploymentResult(writer, result),
        };

    public static ApiAnswer From(RootUpdateResult result) => From(result, deployed => Deployed(deployed));

    public static ApiAnswer From(RootUpdateResult result, Func<RootUpdateResult.Deployed, ApiAnswer> accepted) => result switch
    {
        RootUpdateResult.Deployed deployed => accepted(deployed),
        RootUpdateResult.Planned planned => Ok(writer => Api.Deployments.DeploymentView.WriteDryRun(writer, planned.Plan)),
        RootUpdateResult.Conflict conflict => ApiProblem.Locked(conflict.Deployments),
        RootUpdateResult.Refused refused => (ApiProblem)refused.Error,
        RootUpdateResult.Invalid invalid => ApiProblem.Invalid(invalid.Path, invalid.Message),
        RootUpdateResult.NoServicePorts noPorts => new ApiProblem(500, noPorts.Message),
        RootUpdateResult.TooManyDeployments tooMany => new ApiProblem(
            403,
            $"Max number ({tooMany.Limit}) of running deployments is achieved. Wait for existing deployments to complete or cancel one"),
        RootUpdateResult.NotFound => ApiProblem.NotFound("What the request named does not exist"),
        RootUpdateResult.Abandoned => new ApiAnswer(202),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "is an unknown outcome"),
    };

    public static implicit operator ApiAnswer(ApiProblem problem) => new(problem.Status) { Json = problem.Write };

    public async Task SendAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        if (DeploymentId is not null)
        {
            response.Headers[DeploymentIdHeader] = DeploymentId;
        }

        if (Allow is not null)
        {
            response.Headers.Allow = Allow;
        }

        if (Json is not null)
        {
            response.ContentType = "application/json";
            if (TakesGzip(context.Request))
            {
                response.Headers.ContentEncoding = "gzip";
                response.Headers.Vary = "Accept-Encoding";
                var body = new GZipStream(response.BodyWriter.AsStream(leaveOpen: true), CompressionLevel.Fastest);
                await using (body)
                {
                    var output = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
                    await RenderAsync(Json, output, context.RequestAborted);
                    await output.CompleteAsync();
                }
            }
            else
            {
                await RenderAsync(Json, response.BodyWriter, context.RequestAborted);
            }
        }
        else if (Text is not null)
        {
            response.ContentType = TextType;
            await response.WriteAsync(Text, context.RequestAborted);
        }
    }

    private static async Task RenderAsync(Action<Utf8JsonWriter> json, PipeWriter output, CancellationToken cancellationToken)
    {
        var writer = new Utf8JsonWriter(output, WriterOptions);
        await using (writer)
        {
            json(writer);
        }

        await output.FlushAsync(cancellationToken);
    }

    private static bool TakesGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(encoding =>
            encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && encoding.Quality is null or > 0);

    private static void WriteDeploymentResult(Utf8JsonWriter writer, RootUpdateResult.Deployed result)
    {
        writer.WriteStartObject();
        writer.WriteString("version", result.Version.ToString());
        writer.WriteString("deploymentId", result.DeploymentId);
        writer.WriteEndObject();
    }
}
