using Microsoft.AspNetCore.Http;
using Plenum.Agent.Book;
using Plenum.Agent.Http;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1.Executor;

namespace Plenum.Agent.Executors;

/// <summary>POST /api/v1/executor (mesos.md 3.7): syntax is judged here, the rest by the book.</summary>
internal sealed class ExecutorEndpoint(AgentLoop loop, EventStreams<Event> streams)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (await CallReader.ReadAsync(context, Call.Parser) is not { } call)
        {
            return;
        }

        if (Problem(call) is { } problem)
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
            await CallAsync(context, call);
        }
    }

    private static string? Problem(Call call) => call.Type switch
    {
        // A type of a later version counts as none, as in C++, where it cannot even be read.
        _ when !call.HasType || !Enum.IsDefined(call.Type) => "Expecting 'type' to be present",
        Call.Types.Type.Subscribe when call.Subscribe is null => "Expecting 'subscribe' to be present",
        Call.Types.Type.Update when call.Update is null => "Expecting 'update' to be present",
        Call.Types.Type.Message when call.Message is null => "Expecting 'message' to be present",
        _ => null,
    };

    private async Task CallAsync(HttpContext context, Call call)
    {
        var (number, answer) = streams.Call();
        try
        {
            await loop.PostAsync(new AgentCommand.ExecutorCalling(number, call));
            var reply = await answer.WaitAsync(context.RequestAborted);
            await EventAnswers.ReplyAsync(context, reply);
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

        var (number, answer, events) = streams.Subscribe();
        try
        {
            await loop.PostAsync(new AgentCommand.ExecutorSubscribing(number, call));
            var reply = await answer.WaitAsync(context.RequestAborted);
            if (reply.StatusCode != StatusCodes.Status200OK)
            {
                await EventAnswers.ReplyAsync(context, reply);
                return;
            }

            // No Mesos-Stream-Id here, unlike the scheduler's stream (mesos.md 3.7).
            await EventAnswers.PumpAsync(context, events, json);
        }
        finally
        {
            streams.Forget(number);
            await loop.PostAsync(new AgentCommand.ExecutorStreamClosed(number));
        }
    }
}
