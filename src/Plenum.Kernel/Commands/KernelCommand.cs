using Plenum.Kernel.Preemption;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Commands;

/// <summary>
/// Everything that can happen to the cluster book. The shell turns requests, broken streams and
/// elapsed time into these and feeds them in one order; that order and the times beside them decide
/// the state completely.
/// </summary>
public abstract record KernelCommand
{
    private KernelCommand()
    {
    }

    /// <summary>An agent opened a link and registers. <paramref name="Link"/> is new and never used again.</summary>
    public sealed record RegisterAgent(AgentLinkId Link, AgentMessage.Types.Register Message) : KernelCommand;

    /// <summary>A message on an open link. One from a link that is not the agent's current one is dropped.</summary>
    public sealed record AgentMessageReceived(AgentLinkId Link, AgentMessage Message) : KernelCommand;

    /// <summary>The link's stream ended, for whatever reason.</summary>
    public sealed record AgentLinkClosed(AgentLinkId Link) : KernelCommand;

    /// <summary>
    /// A framework opened a stream. <paramref name="Call"/> is a SUBSCRIBE that passed the syntactic
    /// checks; what is wrong with it otherwise comes back as an ERROR event and a close.
    /// <paramref name="Principal"/> is null while there is no authentication.
    /// </summary>
    public sealed record Subscribe(SchedulerStreamId Stream, Call Call, string? Principal) : KernelCommand
    {
        /// <summary>
        /// Set when an old driver subscribes. One that says it again does so on the stream it has: the answer may
        /// have been lost, so it is given again.
        /// </summary>
        public DriverPeer? Driver { get; init; }
    }

    /// <summary>Any other call, from the framework's current stream. Its HTTP answer (202) has already left.</summary>
    public sealed record SchedulerCall(SchedulerStreamId Stream, Call Call) : KernelCommand;

    /// <summary>The framework's stream ended.</summary>
    public sealed record SchedulerStreamClosed(SchedulerStreamId Stream) : KernelCommand;

    /// <summary>An old driver was aborted: its framework stays connected and gets no offers until it subscribes again.</summary>
    public sealed record DeactivateFramework(SchedulerStreamId Stream) : KernelCommand;

    /// <summary>An operator removes a framework.</summary>
    public sealed record TeardownFramework(FrameworkId Framework) : KernelCommand;

    /// <summary>An operator declares an agent gone for ever.</summary>
    public sealed record MarkAgentGone(AgentId Agent) : KernelCommand;

    /// <summary>
    /// A call of the operator API that changes the cluster and is well-formed. Answered by one
    /// <see cref="Effects.KernelEffect.AnswerOperator"/>.
    /// </summary>
    public sealed record OperatorCall(OperatorRequestId Request, Protocol.V1.Master.Call Call) : KernelCommand;

    /// <summary>
    /// From now on only agents of these hostnames are offered; null lifts that. Offers that stand are left
    /// alone, and nothing is offered sooner for it.
    /// </summary>
    public sealed record UseWhitelist(IReadOnlyCollection<string>? Hostnames) : KernelCommand;

    /// <summary>
    /// An operator gives roles their priorities, and takes those of others away. Answered by one
    /// <see cref="Effects.KernelEffect.AnswerOperator"/>.
    /// </summary>
    public sealed record ChangePriorities(
        OperatorRequestId Request, IReadOnlyList<RolePriority> Set, IReadOnlyList<string> Removed) : KernelCommand;

    /// <summary>Somebody asks why a framework gets no offers. Changes nothing.</summary>
    public sealed record ExplainFramework(OperatorRequestId Request, FrameworkId Framework) : KernelCommand;

    /// <summary>Time passed: pings, timeouts, filters and the allocation interval are looked at.</summary>
    public sealed record Tick : KernelCommand;
}
