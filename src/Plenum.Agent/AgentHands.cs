using Plenum.Agent.Checking;
using Plenum.Agent.Drivers;
using Plenum.Agent.Executors;
using Plenum.Agent.Http;
using Plenum.Agent.Launching;
using Plenum.Agent.Limits;
using Plenum.Agent.Linking;
using Plenum.Agent.Metrics;
using Plenum.Agent.Providers;
using Plenum.Agent.Volumes;
using ExecutorEvent = Plenum.Protocol.V1.Executor.Event;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;

namespace Plenum.Agent;

/// <summary>All that acts for the book on the machine and towards others.</summary>
internal sealed record AgentHands(
    ContainerDirector Containers,
    ContainerRemovals Removals,
    CalledLaunches Calls,
    CheckRunner Checks,
    MasterLink Link,
    EventStreams<ExecutorEvent> Executors,
    ExecutorDrivers? Drivers,
    VolumeStore Volumes,
    VolumeWatcher VolumeWatch,
    EventStreams<ProviderEvent> Providers,
    ResourcePublisher Publisher,
    DiskWatcher DiskUse,
    AgentMeters Meters);
