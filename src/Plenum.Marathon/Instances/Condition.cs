namespace Plenum.Marathon.Instances;

/// <summary>Where an instance is in its life. The names are printed in events as they stand.</summary>
internal enum Condition
{
    /// <summary>Wants an offer.</summary>
    Scheduled,

    /// <summary>The launch was sent; nothing was heard yet.</summary>
    Provisioned,
    Staging,
    Starting,
    Running,
    Killing,
    Unreachable,

    /// <summary>Unreachable for so long that it no longer counts: a replacement may start.</summary>
    UnreachableInactive,
    Finished,
    Failed,
    Error,
    Killed,
    Gone,
    Dropped,
    Unknown,
}
