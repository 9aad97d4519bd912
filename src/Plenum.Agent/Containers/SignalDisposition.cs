namespace Plenum.Agent.Containers;

/// <summary>What a process has arranged for a signal.</summary>
internal enum SignalDisposition
{
    Default,
    Caught,
    Ignored,
}
