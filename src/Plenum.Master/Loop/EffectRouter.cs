using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Plenum.Kernel.Effects;
using Plenum.Master.AgentLink;
using Plenum.Master.Metrics;
using Plenum.Master.Operator;
using Plenum.Master.Scheduler;
using Plenum.Protocol.V1.Master;

namespace Plenum.Master.Loop;

/// <summary>Hands each effect to the stream it is for. Never waits: streams have queues of their own.</summary>
internal sealed partial class EffectRouter(
    SchedulerStreams schedulers,
    AgentLinks agents,
    OperatorStreams operators,
    OperatorRequests requests,
    MasterMetrics metrics,
    ILogger logger)
{
    public void Deliver(KernelEffect effect)
    {
        switch (effect)
        {
            case KernelEffect.SendToScheduler send:
                schedulers.Send(send.Stream, send.Event);
                metrics.Told(schedulers.FrameworkOf(send.Stream), send.Event);
                break;
            case KernelEffect.CloseScheduler close:
                schedulers.Close(close.Stream);
                break;
            case KernelEffect.SendToAgent send:
                agents.Send(send.Link, send.Message);
                break;
            case KernelEffect.CloseAgent close:
                agents.Close(close.Link);
                break;
            case KernelEffect.Publish publish:
                Publish(publish.Event);
                break;
            case KernelEffect.AnswerUpdateFramework answer:
                schedulers.AnswerUpdate(answer.Stream, answer.Refusal);
                break;
            case KernelEffect.AnswerOperator answer:
                requests.Answer(answer.Request, answer.Refusal);
                break;
            case KernelEffect.AnswerExplanation answer:
                requests.Answer(answer.Request, answer.Explanation);
                break;
            case KernelEffect.Note note:
                Log.Noted(logger, note.What);
                break;
            default:
                throw new UnreachableException($"No route for {effect.GetType().Name}.");
        }
    }

    private void Publish(Event message)
    {
        switch (message.Type)
        {
            case Event.Types.Type.FrameworkAdded:
                schedulers.FrameworkAdded(message.FrameworkAdded.Framework.FrameworkInfo.Id.Value);
                break;
            case Event.Types.Type.FrameworkRemoved:
                schedulers.FrameworkRemoved(message.FrameworkRemoved.FrameworkInfo.Id.Value);
                metrics.Frameworks.Remove(message.FrameworkRemoved.FrameworkInfo.Id.Value);
                break;
        }

        metrics.Published(message);
        operators.Publish(message);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Kernel: {What}")]
        public static partial void Noted(ILogger logger, string what);
    }
}
