namespace Plenum.Simulation;

/// <summary>A rule of the cluster was broken.</summary>
public sealed class SimulationFailureException(string what) : Exception(what);
