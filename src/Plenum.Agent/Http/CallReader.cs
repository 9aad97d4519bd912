using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Protocol.Json;

namespace Plenum.Agent.Http;

/// <summary>Reads a call: media type, size, syntax and required fields, each with its own answer.</summary>
internal static class CallReader
{
    /// <summary>Null when the request was answered with an error already.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context, MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        var type = context.Request.ContentType;
        if (string.IsNullOrEmpty(type))
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, "Expecting 'Content-Type' to be present");
            return null;
        }

        var json = MediaTypes.Is(type, MediaTypes.Json);
        if (!json && !MediaTypes.Is(type, MediaTypes.Protobuf))
        {
            await UnsupportedAsync(context);
            return null;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var (call, problem) = Parse(body.GetBuffer().AsSpan(0, (int)body.Length), json, parser);
        if (call is null)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, problem!);
        }

        return call;
    }

    public static Task UnsupportedAsync(HttpContext context) => Answers.TextAsync(
        context,
        StatusCodes.Status415UnsupportedMediaType,
        $"Expecting 'Content-Type' of {MediaTypes.Json} or {MediaTypes.Protobuf}");

    private static (T? Call, string? Problem) Parse<T>(ReadOnlySpan<byte> body, bool json, MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        try
        {
            var call = json ? MesosJson.Parse<T>(body) : parser.ParseFrom(body);
            return RequiredFields.FirstMissing(call) is { } missing
                ? (null, $"Missing required field '{missing}'")
                : (call, null);
        }
        catch (MesosJsonException exception)
        {
            return (null, $"Failed to parse the body as JSON: {exception.Message}");
        }
        catch (InvalidProtocolBufferException exception)
        {
            return (null, $"Failed to parse the body as protobuf: {exception.Message}");
        }
    }
}
