using Plenum.Agent.Book;

namespace Plenum.Simulation.World;

/// <summary>One container of a machine.</summary>
internal sealed class SimContainer(ContainerLaunch launch)
{
    public ContainerLaunch Launch { get; } = launch;

    public ContainerId Id => Launch.Container;

    public SimContainerState State { get; set; }

    public ContainerEnd? End { get; set; }
}
