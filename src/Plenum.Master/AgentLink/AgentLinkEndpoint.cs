using System.Buffers;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Negotiation;
using Plenum.Master.Streams;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;

namespace Plenum.Master.AgentLink;

/// <summary>
/// The master's side of the agent link, as link.proto describes it: one long request that registers and
/// whose answer streams the master's messages, and short ones that carry the agent's.
/// </summary>
internal sealed partial class AgentLinkEndpoint(
    KernelLoop loop, AgentLinks links, MasterMetrics metrics, ILogger logger)
{
    private const string LinkIdHeader = "Plenum-Link-Id";

    public async Task OpenAsync(HttpContext context)
    {
        if (await ReadRegistrationAsync(context) is not { } registration)
        {
            return;
        }

        if (links.Open() is not { } link)
        {
            await Answers.TextAsync(
                context, HttpStatusCode.ServiceUnavailable, $"{links.Count} agents are linked, which is the limit");
            return;
        }

        metrics.AgentMessage(
            AgentMessage.MessageOneofCase.Register, again: registration.AgentInfo.Id is not null);
        try
        {
            context.Response.Headers[LinkIdHeader] = link.WireId;
            var response = await RecordResponse.StartAsync(context, BodyFormat.Protobuf);
            await loop.SubmitAsync(
                new KernelCommand.RegisterAgent(link.Id, registration), context.RequestAborted);
            await response.PumpAsync(link.Messages);
        }
        finally
        {
            if (link.Messages.BreakReason is { } reason)
            {
                metrics.SlowAgent();
                Log.CutOff(logger, registration.AgentInfo.Hostname, reason);
            }

            links.Remove(link);
            await ReportEndAsync(link);
        }
    }

    public async Task ReceiveAsync(HttpContext context)
    {
        if (links.Find(context.Request.Headers[LinkIdHeader]) is not { } link)
        {
            await RefuseUnknownLinkAsync(context);
            return;
        }

        await link.Turn.WaitAsync(context.RequestAborted);
        try
        {
            await ReceiveInTurnAsync(context, link);
        }
        finally
        {
            link.Turn.Release();
        }
    }

    private async Task ReceiveInTurnAsync(HttpContext context, AgentLinkStream link)
    {
        // All or nothing: a body with one bad record says that the sender is broken, and its other
        // records would be half a story.
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        var messages = new List<AgentMessage>();
        var problem = ReadRecords(body, messages);
        context.Request.BodyReader.AdvanceTo(body.End);
        if (problem is not null)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, problem);
            return;
        }

        foreach (var message in messages)
        {
            metrics.AgentMessage(message.MessageCase);
            await loop.SubmitAsync(
                new KernelCommand.AgentMessageReceived(link.Id, message), context.RequestAborted);
        }

        if (links.Find(link.WireId) is null)
        {
            // The link ended meanwhile and the kernel dropped at least the last message.
            await RefuseUnknownLinkAsync(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentLength = 0;
    }

    /// <summary>Takes the records off a whole body; says what is wrong with it, or null.</summary>
    private static string? ReadRecords(ReadOnlySequence<byte> body, List<AgentMessage> messages)
    {
        try
        {
            while (RecordFraming.TryRead(ref body, RecordLimits.DefaultMaximumRecord, out var record))
            {
                var message = AgentMessage.Parser.ParseFrom(record);
                if (Problem(message) is { } problem)
                {
                    return problem;
                }

                messages.Add(message);
            }
        }
        catch (Exception exception) when (exception is RecordIOException or InvalidProtocolBufferException)
        {
            return exception.Message;
        }

        return body.IsEmpty ? null : "The body ends inside a record";
    }

    private static async Task<AgentMessage.Types.Register?> ReadRegistrationAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        var decoded = WireCodec.TryDecode(BodyFormat.Protobuf, AgentMessage.Parser, body, out var message, out var error);
        context.Request.BodyReader.AdvanceTo(body.End);
        if (decoded && message!.MessageCase != AgentMessage.MessageOneofCase.Register)
        {
            error = "A link starts with a registration";
        }
        else if (decoded && AgentMessageShape.Missing(message!.Register) is { } missing)
        {
            error = $"The registration has no {missing}";
        }

        if (error is null)
        {
            return message!.Register;
        }

        await Answers.TextAsync(context, HttpStatusCode.BadRequest, error);
        return null;
    }

    private static string? Problem(AgentMessage message)
    {
        if (message.MessageCase == AgentMessage.MessageOneofCase.Register)
        {
            return "A link registers once, when it opens";
        }

        if (message.MessageCase == AgentMessage.MessageOneofCase.None)
        {
            return "The message is empty or of a kind this master does not know";
        }

        return (RequiredFields.FirstMissing(message) ?? AgentMessageShape.Missing(message)) is { } missing ? $"Missing required field '{missing}'" : null;
    }

    private async Task ReportEndAsync(AgentLinkStream link)
    {
        try
        {
            await loop.SubmitAsync(new KernelCommand.AgentLinkClosed(link.Id), CancellationToken.None);
        }
        catch (MasterStoppedException)
        {
            Log.EndedAfterStop(logger);
        }
    }

    /// <summary>410: the agent must open a new link.</summary>
    private Task RefuseUnknownLinkAsync(HttpContext context)
    {
        metrics.DroppedMessage();
        return Answers.TextAsync(context, HttpStatusCode.Gone, "No open link has this Plenum-Link-Id: register again");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The link of agent '{Hostname}' was cut: {Reason}")]
        public static partial void CutOff(ILogger logger, string hostname, string reason);

        [LoggerMessage(2, LogLevel.Debug, "An agent's link ended after the master stopped")]
        public static partial void EndedAfterStop(ILogger logger);
    }
}
