using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Core;

/// <summary>
/// Computes the new root from the current one. Runs inside the core's loop, so that nothing can change
/// in between; it must be pure. <paramref name="version"/> is the time of the change.
/// </summary>
internal delegate RootChange ChangeRoot(Group root, Timestamp version);

internal abstract record RootChange
{
    private RootChange()
    {
    }

    /// <summary>The new root; service ports, versions and version info are filled in by the core.</summary>
    internal sealed record Accepted(Group Root) : RootChange;

    /// <summary>The change cannot be made; the reason goes back to the caller as it is.</summary>
    internal sealed record Refused(object Error) : RootChange;
}
