namespace Plenum.Simulation.World;

internal enum SimContainerState
{
    Starting,
    Running,
    Ended,
}
