using Plenum.Agent.Book;
using Plenum.Agent.Book.Recovery;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Graphics;
using Plenum.Agent.Host;
using Plenum.Agent.Launching;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent;

// What the agent says of itself and of what it found.
public sealed partial class AgentServer
{
    private AgentInfo InfoOf(AgentEndpoint endpoint, int graphics)
    {
        var info = new AgentInfo { Hostname = _options.Hostname, Port = endpoint.Port };
        info.Resources.AddRange(AgentResources.For(_options.Resources, _options.WorkDirectory, graphics, _options.Limits.RevocableResources));
        info.Attributes.AddRange(AgentAttributes.Parse(_options.Attributes));
        return info;
    }

    private IReadOnlyList<OciDevice> GraphicsOf(IContainerRuntime runtime) =>
        _options.GraphicsDevices.Count > 0 && runtime.Isolation == ContainerIsolation.None
            ? throw new AgentStartException("GPUs need containers: plain processes would all see all of them. Start the agent as root, or without --nvidia-gpu-devices.")
            : GraphicsDevices.Read(_options.GraphicsDevices);

    private static void RefuseReconfiguration(ReconfigurationPolicy policy, AgentInfo info, CheckpointContents found)
    {
        if (BookRecovery.ConfiguredBefore(found.Records, HostFacts.BootId()) is { } before
            && Reconfiguration.Problem(policy, before, info) is { } problem)
        {
            throw new AgentStartException(
                $"The agent's configuration changed in a way that --reconfiguration-policy {(policy == ReconfigurationPolicy.Equal ? "equal" : "additive")} "
                + $"does not allow: {problem}. Start it as before, with a policy that allows it, or with a new work directory.");
        }
    }

    // The master would have to forget volumes with data in them.
    private static void RefuseLostResources(AgentInfo info, CheckpointContents found)
    {
        var configured = ResourceSet.FromWire(info.Resources).Unallocated;
        var made = BookRecovery.CheckpointedResources(found.Records);
        if (ResourceConversion.Restore(configured, made) is null)
        {
            throw new AgentStartException(
                $"The agent's resources {configured} do not hold the reservations and volumes that were made of them: {made}. "
                + "Start it with at least the resources it had, and unreserve or destroy what shall go.");
        }
    }

    private string? UsualProfiles() =>
        Path.Combine(_options.WorkDirectory, "disk-profiles.json") is var file && File.Exists(file) ? file : null;

    private static string IsolationName(IContainerRuntime runtime) =>
        runtime.Isolation == ContainerIsolation.Linux ? "linux" : "none";

    private static Book.RecoveredContainer Describe(Containers.RecoveredContainer found, ContainerDirector containers) => new(
        new ContainerId(found.Key.Value),
        found.Start?.Pid,
        found switch
        {
            { Quarantined: { } why } => new ContainerEnd(Status: null, Message: $"The container's record was unreadable: {why}"),
            { Exit: { } exit } => ContainerDirector.EndOf(exit),
            _ => null,
        })
    {
        Networks = found.Start is { } running ? containers.NetworksOf(running.Network) : [],
    };
}
