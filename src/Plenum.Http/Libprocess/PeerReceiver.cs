using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Protocol.Json;

namespace Plenum.Http.Libprocess;

/// <summary>
/// Messages of libprocess peers, answered as libprocess answers: 202 says that the message was delivered, not
/// that it made sense. libprocess' own peers do not even read that.
/// </summary>
public sealed partial class PeerReceiver(ILogger logger)
{
    /// <summary>Path of a message below the actor it is for.</summary>
    public static string PathOf<T>()
        where T : IMessage, new() => $"/{new T().Descriptor.FullName}";

    /// <param name="context">The request.</param>
    /// <param name="parser">Of the type that the path names.</param>
    /// <param name="isKnown">Senders whose address was looked at before.</param>
    /// <param name="take">
    /// Takes the message; the next one of its connection is read after that. It goes on when the connection ends: an
    /// executor that reports its last task and exits has said it.
    /// </param>
    public async Task ReceiveAsync<T>(
        HttpContext context, MessageParser<T> parser, Func<Upid, bool> isKnown, Func<Upid, T, Task> take)
        where T : class, IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(isKnown);
        ArgumentNullException.ThrowIfNull(take);
        var request = context.Request;
        if (!PeerRequest.IsMessage(request))
        {
            await Answers.TextAsync(
                context, HttpStatusCode.NotFound, $"'{request.Path}' takes messages of libprocess, which have the header 'Libprocess-From'");
            return;
        }

        if (PeerRequest.SenderOf(request) is not { } sender)
        {
            await Answers.TextAsync(context, HttpStatusCode.InternalServerError, "Failed to determine sender from request headers");
            return;
        }

        var peer = context.Connection.RemoteIpAddress;
        if (!isKnown(sender) && !PeerRequest.IsFromPeer(sender, peer))
        {
            await Answers.TextAsync(
                context, HttpStatusCode.BadRequest, $"UPID IP address validation failed: Message from {sender} was sent from IP {peer}");
            return;
        }

        if (await ReadAsync(request, parser, sender) is { } message)
        {
            await take(sender, message);
        }

        await Answers.EmptyAsync(context, StatusCodes.Status202Accepted);
    }

    /// <summary>Null when the bytes are no whole message. The server bounds the body.</summary>
    private async ValueTask<T?> ReadAsync<T>(
        HttpRequest request, MessageParser<T> parser, Upid sender)
        where T : class, IMessage<T>
    {
        // The connection may have ended behind the message, which is whole in the buffers all the same.
        var result = await request.BodyReader.ReadAsync(CancellationToken.None);
        while (!result.IsCompleted)
        {
            request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            result = await request.BodyReader.ReadAsync(CancellationToken.None);
        }

        try
        {
            var message = parser.ParseFrom(result.Buffer);
            if (RequiredFields.FirstMissing(message) is not { } missing)
            {
                return message;
            }

            Log.Undecodable(logger, request.Path, sender, $"'{missing}' is missing");
        }
        catch (InvalidProtocolBufferException exception)
        {
            Log.Undecodable(logger, request.Path, sender, exception.Message);
        }
        finally
        {
            request.BodyReader.AdvanceTo(result.Buffer.End);
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Path} from {Sender} dropped: {Error}")]
        public static partial void Undecodable(ILogger logger, string path, Upid sender, string error);
    }
}
