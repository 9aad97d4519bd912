using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Protocol.Json;

namespace Plenum.Agent.Http;

/// <summary>Whole answers, compressed when asked and worth it.</summary>
internal static class Answers
{
    /// <summary>Mesos compresses from here on.</summary>
    private const int MinimumCompressed = 1_024;

    public static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return BytesAsync(context, MediaTypes.Text, Encoding.UTF8.GetBytes(text));
    }

    public static Task EmptyAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    public static Task MessageAsync(HttpContext context, IMessage message, bool json) => BytesAsync(
        context,
        json ? MediaTypes.Json : MediaTypes.Protobuf,
        json ? MesosJson.Write(message) : message.ToByteArray());

    /// <summary>JSON of a v0 route; with <c>?jsonp=name</c> as a script, as old dashboards ask for it.</summary>
    public static Task JsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var jsonp = context.Request.Query["jsonp"].ToString();
        if (jsonp.Length > 0)
        {
            buffer.Write(Encoding.UTF8.GetBytes(jsonp + "("));
        }

        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        if (jsonp.Length > 0)
        {
            buffer.Write(");"u8);
        }

        return BytesAsync(context, jsonp.Length > 0 ? "text/javascript" : MediaTypes.Json, buffer.WrittenMemory);
    }

    private static async Task BytesAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.ContentType = contentType;
        if (body.Length >= MinimumCompressed && MediaTypes.Accepts(context.Request.Headers.AcceptEncoding, "gzip", wildcard: false))
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
}
