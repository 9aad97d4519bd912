using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// How far the replacement of one service has come: which canaries were promoted, and whether it stands still. What is
/// counted is looked up anew each time; only what somebody decided is kept here, and stored.
/// </summary>
internal sealed class Rollout
{
    private readonly ValueList<CanaryStep> _steps;

    /// <param name="change">The service before and after.</param>
    /// <param name="undoes">The deployment takes another back: nobody waits for canaries of what was there before.</param>
    /// <param name="passed">Canary steps that were promoted already.</param>
    public Rollout(ServiceChange change, bool undoes, int passed)
    {
        Target = change.Target ?? throw new ArgumentException($"{change.App} has nothing to be replaced by", nameof(change));
        Original = change.Original;
        Wanted = Target.Instances;
        Passed = passed;
        Stable = change.Original is { VersionInfo: { } info } original
            ? original with
            {
                // Everything after it belongs to this update, or to one that this update took over from.
                VersionInfo = info with { Undone = [.. info.Undone, new UndoneVersions(original.Version, Timestamp.Never)] },
            }
            : null;

        // A restart runs the same definition again, and what had no instances has nothing to stand beside.
        _steps = !undoes && change.Original is { Instances: > 0 } before && before.ChangeTo(Target) == AppChange.Restart
            ? Target.UpgradeStrategy.Canary
            : [];
    }

    public RunSpec Target { get; }

    public RunSpec? Original { get; }

    /// <summary>
    /// What was there before, as a definition that only instances from then are of. While the rollout holds, what is lost of
    /// them starts again as this.
    /// </summary>
    public RunSpec? Stable { get; }

    /// <summary>The count wanted in the end, at the last look.</summary>
    public int Wanted { get; set; }

    public int Passed { get; private set; }

    public int Steps => _steps.Count;

    /// <summary>The halt that is next, or where it stands; null when none is left.</summary>
    public CanaryStep? Step => Passed < _steps.Count ? _steps[Passed] : null;

    public bool IsPaused { get; set; }

    /// <summary>It has not yet been told to replace everything.</summary>
    public bool Holds => Stable is not null && (IsPaused || Step is not null);

    /// <summary>Nothing of it is left to do.</summary>
    public bool IsOver { get; set; }

    /// <summary>Since when the canaries of the step are all ready; null while they are not.</summary>
    public DateTimeOffset? ReadySince { get; set; }

    /// <summary>That the step's canaries were ready was told.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>New instances, and those of them that are ready, at the last look.</summary>
    public (int New, int Ready) Seen { get; set; }

    public void Promote(bool all)
    {
        Passed = all ? _steps.Count : Math.Min(Passed + 1, _steps.Count);
        ReadySince = null;
        IsAnnounced = false;
    }
}
