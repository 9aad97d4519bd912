using Microsoft.AspNetCore.Http;

namespace Plenum.Agent.Operator;

/// <summary>
/// How a ProcessIO stream is answered: application/recordio with a Message-Content-Type, or, as old
/// clients ask, the same framing under the plain message type (mesos.md 3.2).
/// </summary>
internal sealed record StreamFormat(string ContentType, string? MessageContentType, bool Json)
{
    /// <summary>Null when the request was answered with 406 already.</summary>
    public static async Task<StreamFormat?> ChooseAsync(HttpContext context)
    {
        var accept = context.Request.Headers.Accept;
        var messages = context.Request.Headers["Message-Accept"];
        if (MediaTypes.Accepts(accept, MediaTypes.Json))
        {
            return new StreamFormat(MediaTypes.Json, MessageContentType: null, Json: true);
        }

        if (MediaTypes.Accepts(accept, MediaTypes.Protobuf))
        {
            return new StreamFormat(MediaTypes.Protobuf, MessageContentType: null, Json: false);
        }

        if (MediaTypes.Accepts(accept, MediaTypes.RecordIO))
        {
            if (MediaTypes.Accepts(messages, MediaTypes.Json))
            {
                return new StreamFormat(MediaTypes.RecordIO, MediaTypes.Json, Json: true);
            }

            if (MediaTypes.Accepts(messages, MediaTypes.Protobuf))
            {
                return new StreamFormat(MediaTypes.RecordIO, MediaTypes.Protobuf, Json: false);
            }
        }

        await Answers.TextAsync(
            context,
            StatusCodes.Status406NotAcceptable,
            $"Expecting 'Accept' to allow {MediaTypes.RecordIO} (with 'Message-Accept'), {MediaTypes.Json} or {MediaTypes.Protobuf}");
        return null;
    }
}
