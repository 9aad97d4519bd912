using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Plenum.Protocol.RecordIO;

namespace Plenum.Agent.Http;

/// <summary>What executors and resource providers get: a stream of events, or the book's reply to a call.</summary>
internal static class EventAnswers
{
    /// <summary>Whether events go out as JSON; null when the caller takes neither format and was told so.</summary>
    public static async Task<bool?> JsonOrRefuseAsync(HttpContext context)
    {
        var accept = context.Request.Headers.Accept;
        var json = MediaTypes.Accepts(accept, MediaTypes.Json);
        if (json || MediaTypes.Accepts(accept, MediaTypes.Protobuf))
        {
            return json;
        }

        await Answers.TextAsync(
            context,
            StatusCodes.Status406NotAcceptable,
            $"Expecting 'Accept' to allow {MediaTypes.Json} or {MediaTypes.Protobuf}");
        return null;
    }

    /// <summary>Until the channel ends or the caller hangs up.</summary>
    public static async Task PumpAsync<TEvent>(HttpContext context, ChannelReader<TEvent> events, bool json)
        where TEvent : IMessage
    {
        // Nothing happens to most of them for half an hour, or for days; that is no slow reader.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Response.ContentType = json ? MediaTypes.Json : MediaTypes.Protobuf;
        await context.Response.StartAsync(context.RequestAborted);
        var records = new RecordWriter(context.Response.BodyWriter);
        await foreach (var @event in events.ReadAllAsync(context.RequestAborted))
        {
            if (!await records.WriteAsync(@event, json, context.RequestAborted))
            {
                return;
            }
        }
    }

    public static Task ReplyAsync(HttpContext context, CallReply reply) => reply.Message is null
        ? Answers.EmptyAsync(context, reply.StatusCode)
        : Answers.TextAsync(context, reply.StatusCode, reply.Message);
}
