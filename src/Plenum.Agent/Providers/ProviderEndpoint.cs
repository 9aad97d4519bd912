using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Book;
using Plenum.Agent.Http;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1.ResourceProvider;

namespace Plenum.Agent.Providers;

/// <summary>POST /api/v1/resource_provider (mesos-wire.md 10): syntax is judged here, the rest by the book.</summary>
internal sealed class ProviderEndpoint(AgentLoop loop, EventStreams<Event> streams, ResourcePublisher publisher)
{
    /// <summary>As on the scheduler's stream: every later call names the subscription that it belongs to.</summary>
    private const string StreamId = "Mesos-Stream-Id";

    private readonly ConcurrentDictionary<string, long> _subscriptions = new(StringComparer.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        if (await CallReader.ReadAsync(context, Call.Parser) is not { } call)
        {
            return;
        }

        var streamId = context.Request.Headers[StreamId].ToString();
        if (Problem(call, streamId) is { } problem)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, problem);
        }
        else if (call.Type == Call.Types.Type.Unknown)
        {
            await Answers.TextAsync(context, StatusCodes.Status501NotImplemented, "This agent does not know the call");
        }
        else if (call.Type == Call.Types.Type.Subscribe)
        {
            await SubscribeAsync(context, call);
        }
        else
        {
            await CallAsync(context, call, streamId);
        }
    }

    /// <summary>An operator's word that a provider is gone, by the same way to the book.</summary>
    public async Task<CallReply> MarkGoneAsync(string provider, CancellationToken cancellationToken)
    {
        var (number, answer) = streams.Call();
        try
        {
            await loop.PostAsync(new AgentCommand.ProviderGone(number, provider));
            return await answer.WaitAsync(cancellationToken);
        }
        finally
        {
            streams.Forget(number);
        }
    }

    private static string? Problem(Call call, string streamId) => call.Type switch
    {
        _ when !call.HasType => "Expecting 'type' to be present",
        Call.Types.Type.Subscribe => call.Subscribe is null ? "Expecting 'subscribe' to be present"
            : streamId.Length > 0 ? $"Subscribe calls must not have the header {StreamId}"
            : null,
        _ when streamId.Length == 0 => $"All calls but SUBSCRIBE need the header {StreamId}",
        _ when call.ResourceProviderId is null => "Expecting 'resource_provider_id' to be present",
        Call.Types.Type.UpdateOperationStatus when call.UpdateOperationStatus is null => "Expecting 'update_operation_status' to be present",
        Call.Types.Type.UpdateState when call.UpdateState is null => "Expecting 'update_state' to be present",
        Call.Types.Type.UpdatePublishResourcesStatus when call.UpdatePublishResourcesStatus is null =>
            "Expecting 'update_publish_resources_status' to be present",
        _ => null,
    };

    private async Task CallAsync(HttpContext context, Call call, string streamId)
    {
        long? stream = _subscriptions.TryGetValue(streamId, out var known) ? known : null;
        if (call.Type == Call.Types.Type.UpdatePublishResourcesStatus && stream is not null)
        {
            publisher.Answered(call.UpdatePublishResourcesStatus);
            await Answers.EmptyAsync(context, StatusCodes.Status202Accepted);
            return;
        }

        var (number, answer) = streams.Call();
        try
        {
            await loop.PostAsync(new AgentCommand.ProviderCalling(number, stream, call));
            await EventAnswers.ReplyAsync(context, await answer.WaitAsync(context.RequestAborted));
        }
        finally
        {
            streams.Forget(number);
        }
    }

    private async Task SubscribeAsync(HttpContext context, Call call)
    {
        if (await EventAnswers.JsonOrRefuseAsync(context) is not { } json)
        {
            return;
        }

        var streamId = Guid.NewGuid().ToString();
        var (number, answer, events) = streams.Subscribe();
        _subscriptions[streamId] = number;
        try
        {
            await loop.PostAsync(new AgentCommand.ProviderSubscribing(number, call.Subscribe.ResourceProviderInfo));
            var reply = await answer.WaitAsync(context.RequestAborted);
            if (reply.StatusCode != StatusCodes.Status200OK)
            {
                await EventAnswers.ReplyAsync(context, reply);
                return;
            }

            context.Response.Headers[StreamId] = streamId;
            await EventAnswers.PumpAsync(context, events, json);
        }
        finally
        {
            _subscriptions.TryRemove(streamId, out _);
            streams.Forget(number);
            await loop.PostAsync(new AgentCommand.ProviderStreamClosed(number));
        }
    }
}
