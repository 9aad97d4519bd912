using Google.Protobuf;
using Plenum.Agent.Book.Providers;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using ExecutorEvent = Plenum.Protocol.V1.Executor.Event;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;

namespace Plenum.Agent.Book;

/// <summary>
/// What the book wants done. Rule of the shell: the checkpoints of a command, and of every command
/// before it, are durable before any other effect of that command happens. Many commands may share
/// one flush.
/// </summary>
public abstract record AgentEffect
{
    private AgentEffect()
    {
    }

    /// <summary>Put (or, when <paramref name="Value"/> is null, delete) one checkpoint record.</summary>
    public sealed record WriteCheckpoint(string Key, byte[]? Value) : AgentEffect;

    /// <summary>A record could not be read as what it should be: keep it aside for a person to look at.</summary>
    public sealed record QuarantineCheckpoint(string Key) : AgentEffect;

    /// <summary>
    /// Find the master and register with this message. Ends in records of the master or in
    /// <see cref="AgentCommand.LinkClosed"/> with the same number.
    /// </summary>
    public sealed record OpenLink(long Link, AgentMessage.Types.Register Message) : AgentEffect;

    /// <summary>Drop the link at once. No LinkClosed need follow.</summary>
    public sealed record CloseLink(long Link) : AgentEffect;

    /// <summary>Message to the master, in order, on one link.</summary>
    public sealed record SendToMaster(long Link, AgentMessage Message) : AgentEffect;

    /// <summary>
    /// Prepare and start a container. Ends in ContainerStarted or ContainerLaunchFailed, and after a
    /// start always in ContainerExited.
    /// </summary>
    public sealed record LaunchContainer(ContainerLaunch Launch) : AgentEffect;

    /// <summary>Signal to every process of a container. Nothing happens when it has ended.</summary>
    public sealed record SignalContainer(ContainerId Container, int Signal) : AgentEffect;

    /// <summary>
    /// Kill what runs in the container (or abort its start) and remove all that belongs to it except
    /// its sandbox. Asked again for a container that is gone: nothing happens.
    /// </summary>
    public sealed record DestroyContainer(ContainerId Container) : AgentEffect;

    /// <summary>
    /// The container now has to have room for these: another group of tasks came into a pod, or another
    /// task to a custom executor. A failure leaves the old limits.
    /// </summary>
    public sealed record UpdateLimits(
        ContainerId Container, IReadOnlyList<Resource> Resources, IReadOnlyDictionary<string, double> Limits) : AgentEffect;

    /// <summary>Run one check and answer with CheckFinished.</summary>
    public sealed record StartCheck(CheckRun Run) : AgentEffect;

    /// <summary>Event to an executor, in order, on one stream.</summary>
    public sealed record SendToExecutor(long Stream, ExecutorEvent Event) : AgentEffect;

    /// <summary>End an executor's stream after everything sent before.</summary>
    public sealed record CloseExecutor(long Stream) : AgentEffect;

    /// <summary>Tell an executor of the old driver, which outlived the last agent, to register with this one.</summary>
    public sealed record ReconnectExecutor(string DriverPid, AgentID Agent) : AgentEffect;

    /// <summary>
    /// HTTP answer of an executor call, or of the SUBSCRIBE whose stream has the same number.
    /// </summary>
    public sealed record ReplyToExecutor(long Request, int StatusCode, string? Message) : AgentEffect;

    /// <summary>
    /// Make the volumes' directories; asked again for some that exist, nothing happens. Ends in VolumesChanged.
    /// Launches that were asked for later find them.
    /// </summary>
    public sealed record MakeVolumes(ByteString Operation, IReadOnlyList<Resource> Volumes) : AgentEffect;

    /// <summary>Remove the volumes with what is in them. Ends in VolumesChanged.</summary>
    public sealed record RemoveVolumes(ByteString Operation, IReadOnlyList<Resource> Volumes) : AgentEffect;

    /// <summary>Make a disk of a storage pool; asked again for one that exists, nothing happens. Ends in VolumesChanged.</summary>
    public sealed record MakeDisk(ByteString Operation, DiskOrder Disk) : AgentEffect;

    /// <summary>Remove a disk with what is on it. Ends in VolumesChanged.</summary>
    public sealed record RemoveDisk(ByteString Operation, DiskOrder Disk) : AgentEffect;

    /// <summary>Event to a resource provider, in order, on one stream.</summary>
    public sealed record SendToProvider(long Stream, ProviderEvent Event) : AgentEffect;

    /// <summary>End a resource provider's stream after everything sent before.</summary>
    public sealed record CloseProvider(long Stream) : AgentEffect;

    /// <summary>HTTP answer of a resource provider's call, or of the SUBSCRIBE whose stream has the same number.</summary>
    public sealed record ReplyToProvider(long Request, int StatusCode, string? Message) : AgentEffect;

    /// <summary>The master refuses this agent. Everything that ran is being destroyed; leave the process.</summary>
    public sealed record StopAgent(string Reason) : AgentEffect;

    /// <summary>
    /// Another process took this agent's place at the master. Tell a person; whatever runs stays as it is. To leave the
    /// process would only have it started again, and the two would replace each other for ever.
    /// </summary>
    public sealed record StandAside(string Reason) : AgentEffect;
}
