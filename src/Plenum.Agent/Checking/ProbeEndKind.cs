namespace Plenum.Agent.Checking;

internal enum ProbeEndKind
{
    Answered,
    Open,
    Late,
    Failed,

    /// <summary>The agent ends: nobody is told.</summary>
    Stopped,
}
