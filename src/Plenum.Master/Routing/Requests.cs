using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Master.Negotiation;

namespace Plenum.Master.Routing;

/// <summary>The checks that the v1 endpoints share.</summary>
internal static class Requests
{
    /// <summary>Null when the Content-Type is missing or neither of the two formats.</summary>
    public static BodyFormat? FormatOf(HttpRequest request) =>
        request.ContentType is { } type ? BodyFormats.FromContentType(type) : null;

    /// <summary>What came where the route's path leaves a segment open.</summary>
    public static string NameOf(HttpContext context) => (string)context.Items[MasterRoute.Name]!;

    /// <summary>Mesos: no header is 400, a wrong one is 415.</summary>
    public static Task RefuseContentTypeAsync(HttpContext context) =>
        string.IsNullOrEmpty(context.Request.ContentType)
            ? Answers.TextAsync(context, HttpStatusCode.BadRequest, "The header 'Content-Type' is missing")
            : Answers.TextAsync(
                context,
                HttpStatusCode.UnsupportedMediaType,
                $"The Content-Type must be '{MediaTypes.Json}' or '{MediaTypes.Protobuf}'");

    public static Task RefuseAcceptAsync(HttpContext context) => Answers.TextAsync(
        context,
        HttpStatusCode.NotAcceptable,
        $"The header 'Accept' must allow '{MediaTypes.Json}' or '{MediaTypes.Protobuf}'");
}
