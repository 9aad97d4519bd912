using Google.Protobuf;
using Plenum.Agent.Book.Providers;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using ExecutorCall = Plenum.Protocol.V1.Executor.Call;
using ProviderCall = Plenum.Protocol.V1.ResourceProvider.Call;

namespace Plenum.Agent.Book;

/// <summary>
/// Everything that can happen to the agent's book. The shell turns messages, process ends and elapsed
/// time into these and feeds them in one order; that order and the times beside them decide the state
/// completely.
/// </summary>
public abstract record AgentCommand
{
    private AgentCommand()
    {
    }

    /// <summary>A record from the master. One from a link that is not the current one is dropped.</summary>
    public sealed record MasterMessageReceived(long Link, MasterMessage Message) : AgentCommand;

    /// <summary>The link ended or could not be opened, for whatever reason.</summary>
    public sealed record LinkClosed(long Link) : AgentCommand;

    /// <summary>The container's first process runs.</summary>
    public sealed record ContainerStarted(ContainerId Container, int? Pid, IReadOnlyList<NetworkInfo> Networks) : AgentCommand;

    /// <summary>The container never came to run; nothing of it is left. <paramref name="Reason"/> is for the user.</summary>
    public sealed record ContainerLaunchFailed(ContainerId Container, string Reason) : AgentCommand;

    /// <summary>The container's first process is over.</summary>
    public sealed record ContainerExited(ContainerId Container, ContainerEnd End) : AgentCommand;

    /// <summary>The container runs and exceeds a limit that is enforced. One that is over or ending already is left alone.</summary>
    public sealed record ContainerLimited(ContainerId Container, ContainerLimitation Limitation) : AgentCommand;

    /// <summary>An operation's volumes or disk are made or removed, or <paramref name="Problem"/> says why they could not be.</summary>
    public sealed record VolumesChanged(ByteString Operation, string? Problem) : AgentCommand;

    /// <summary>The storage pools that an operator wants from now on.</summary>
    public sealed record StorageConfigured(IReadOnlyList<StorageProviderConfig> Providers, IReadOnlyList<DiskProfile> Profiles) : AgentCommand;

    /// <summary>A program asks for the event stream of a resource provider.</summary>
    public sealed record ProviderSubscribing(long Stream, ResourceProviderInfo Info) : AgentCommand;

    /// <summary>Any other call of one, on the subscription that it named; answered with <see cref="AgentEffect.ReplyToProvider"/>.</summary>
    public sealed record ProviderCalling(long Request, long? Stream, ProviderCall Call) : AgentCommand;

    public sealed record ProviderStreamClosed(long Stream) : AgentCommand;

    /// <summary>An operator says that a resource provider does not come back; answered like a call of one.</summary>
    public sealed record ProviderGone(long Request, string Provider) : AgentCommand;

    /// <summary>A check that the book asked for is done (or ran into its timeout).</summary>
    public sealed record CheckFinished(CheckRun Run, CheckOutcome Outcome) : AgentCommand;

    /// <summary>An executor asks for its event stream with a SUBSCRIBE call that passed the syntactic checks.</summary>
    public sealed record ExecutorSubscribing(long Stream, ExecutorCall Call) : AgentCommand
    {
        /// <summary>libprocess address of an executor of the old driver; null for one that speaks HTTP.</summary>
        public string? DriverPid { get; init; }
    }

    /// <summary>Any other executor call; the book answers with <see cref="AgentEffect.ReplyToExecutor"/>.</summary>
    public sealed record ExecutorCalling(long Request, ExecutorCall Call) : AgentCommand;

    /// <summary>An executor's event stream ended.</summary>
    public sealed record ExecutorStreamClosed(long Stream) : AgentCommand;

    /// <summary>
    /// What was decided lately leaves only now: the disk had it for so long. Who was asked to end has the grace from now on.
    /// </summary>
    public sealed record Delayed(TimeSpan By) : AgentCommand;

    /// <summary>Time passed: see <see cref="AgentBook.NextDeadline"/>.</summary>
    public sealed record Tick : AgentCommand;
}
