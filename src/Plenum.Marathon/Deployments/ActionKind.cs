namespace Plenum.Marathon.Deployments;

/// <summary>What a step does to one service. Prints as <c>StartApplication</c> and so on.</summary>
internal enum ActionKind
{
    /// <summary>Does nothing: the scaling that follows starts the instances. Kept so that step lists look familiar.</summary>
    Start,
    Stop,
    Scale,
    Restart,
}
