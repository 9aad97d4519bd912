using Plenum.Kernel.Commands;
using Plenum.Kernel.Explaining;
using Plenum.Kernel.Operators;
using Plenum.Protocol.Link.V1;

namespace Plenum.Kernel.Effects;

/// <summary>
/// What the kernel wants done. Rule of the shell: the writes of a command, and of every command
/// before it, are durable before any other effect of that command leaves the process. Many commands
/// may share one store transaction.
/// </summary>
public abstract record KernelEffect
{
    private KernelEffect()
    {
    }

    /// <summary>Put (or, when <paramref name="Value"/> is null, delete) one registry entry.</summary>
    public sealed record WriteRegistry(string Key, byte[]? Value) : KernelEffect;

    /// <summary>Event to a framework, in order, on one stream.</summary>
    public sealed record SendToScheduler(SchedulerStreamId Stream, Protocol.V1.Scheduler.Event Event) : KernelEffect;

    /// <summary>End a framework's stream after everything sent before.</summary>
    public sealed record CloseScheduler(SchedulerStreamId Stream) : KernelEffect;

    /// <summary>Message to an agent, in order, on one link.</summary>
    public sealed record SendToAgent(AgentLinkId Link, MasterMessage Message) : KernelEffect;

    /// <summary>End an agent's link after everything sent before.</summary>
    public sealed record CloseAgent(AgentLinkId Link) : KernelEffect;

    /// <summary>Event for the subscribers of the operator stream.</summary>
    public sealed record Publish(Protocol.V1.Master.Event Event) : KernelEffect;

    /// <summary>
    /// The synchronous answer to an UPDATE_FRAMEWORK that came on this stream: 200 when
    /// <paramref name="Refusal"/> is null, 400 with it otherwise. One for each such call, in order.
    /// </summary>
    public sealed record AnswerUpdateFramework(SchedulerStreamId Stream, string? Refusal) : KernelEffect;

    /// <summary>
    /// The answer to an operator's call: done and durable when <paramref name="Refusal"/> is null. One for
    /// each call.
    /// </summary>
    public sealed record AnswerOperator(OperatorRequestId Request, OperatorRefusal? Refusal) : KernelEffect;

    /// <summary>The answer to an ExplainFramework; null when there is no such framework.</summary>
    public sealed record AnswerExplanation(OperatorRequestId Request, FrameworkExplanation? Explanation) : KernelEffect;

    /// <summary>For the log: something was dropped or refused that no API answer tells of.</summary>
    public sealed record Note(string What) : KernelEffect;
}
