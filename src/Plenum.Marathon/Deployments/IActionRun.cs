using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// An action under way. It looks at the instances as they are, not at what it did before, so that it can be
/// driven again from its start after a restart.
/// </summary>
internal interface IActionRun
{
    PathId App { get; }

    /// <summary>Does what can be done now. True once the action has reached its end.</summary>
    bool Advance();
}
