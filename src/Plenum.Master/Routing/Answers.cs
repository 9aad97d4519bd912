using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Plenum.Master.Negotiation;

namespace Plenum.Master.Routing;

/// <summary>Whole answers, compressed when asked and worth it.</summary>
internal static class Answers
{
    /// <summary>Mesos compresses from here on; below it the header costs more than it saves.</summary>
    private const int MinCompressedBytes = 1_024;

    public static Task TextAsync(HttpContext context, HttpStatusCode status, string text)
    {
        context.Response.StatusCode = (int)status;
        return BytesAsync(context, MediaTypes.Text, Encoding.UTF8.GetBytes(text));
    }

    public static async Task BytesAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.ContentType = contentType;
        if (body.Length >= MinCompressedBytes && AcceptsGzip(context.Request))
        {
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Vary = "Accept-Encoding";
            using var compressed = new MemoryStream();
            await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(body.Span);
            }

            body = compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
        }

        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    public static bool AcceptsGzip(HttpRequest request)
    {
        foreach (var line in request.Headers.AcceptEncoding)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var part = line.AsSpan()[range].Trim();
                var semicolon = part.IndexOf(';');
                var name = (semicolon < 0 ? part : part[..semicolon]).TrimEnd();
                if (name.Equals("gzip", StringComparison.OrdinalIgnoreCase))
                {
                    return semicolon < 0 || !MediaTypes.HasZeroWeight(part[(semicolon + 1)..]);
                }
            }
        }

        return false;
    }
}
