using System.Buffers;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Protocol.Json;

namespace Plenum.Http;

/// <summary>Whole answers, compressed when asked and worth it.</summary>
public static class Answers
{
    /// <summary>Mesos compresses from here on; below it the header costs more than it saves.</summary>
    private const int MinimumCompressed = 1_024;

    /// <summary>Longest callback name of a script answer; jQuery's have about 40 characters.</summary>
    private const int MaximumCallback = 256;

    /// <summary>
    /// Bytes handed over at once. Megabytes would keep a thread of a small machine's pool for milliseconds, which add up
    /// for whoever waits behind twenty such answers, and be copied whole into the connection's buffers.
    /// </summary>
    private const int Piece = 64 * 1_024;

    public static Task TextAsync(HttpContext context, HttpStatusCode status, string text) =>
        TextAsync(context, (int)status, text);

    public static Task TextAsync(HttpContext context, int status, string text)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.StatusCode = status;
        return BytesAsync(context, MediaTypes.Text, Encoding.UTF8.GetBytes(text));
    }

    public static Task EmptyAsync(HttpContext context, int status)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.StatusCode = status;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    public static Task MessageAsync(HttpContext context, IMessage message, bool json) => BytesAsync(
        context,
        json ? MediaTypes.Json : MediaTypes.Protobuf,
        json ? MesosJson.Write(message) : message.ToByteArray());

    /// <summary>JSON of a v0 route, written in one go.</summary>
    public static Task JsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return JsonAsync(context, buffer.WrittenMemory);
    }

    /// <summary>JSON that is there already; with <c>?jsonp=name</c> as a script, as old dashboards ask for it.</summary>
    public static Task JsonAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(context);
        string? callback = context.Request.Query["jsonp"];
        if (callback is null)
        {
            return BytesAsync(context, MediaTypes.Json, body);
        }

        // The name becomes program text in the caller's page: nothing but a plain reference may pass.
        if (callback.Length is 0 or > MaximumCallback
            || !callback.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '.'))
        {
            return TextAsync(context, HttpStatusCode.BadRequest, "jsonp must name a function");
        }

        return BytesAsync(
            context, MediaTypes.Script, (byte[])[.. Encoding.ASCII.GetBytes(callback), (byte)'(', .. body.Span, (byte)')', (byte)';']);
    }

    public static async Task BytesAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(context);
        var response = context.Response;
        response.ContentType = contentType;
        if (body.Length >= MinimumCompressed && AcceptsGzip(context.Request))
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
            for (var sent = 0; sent < body.Length; sent += Piece)
            {
                await response.Body.WriteAsync(body.Slice(sent, Math.Min(Piece, body.Length - sent)), context.RequestAborted);
            }
        }
    }

    private static bool AcceptsGzip(HttpRequest request) =>
        MediaTypes.Accepts(request.Headers.AcceptEncoding, "gzip", wildcard: false);
}
