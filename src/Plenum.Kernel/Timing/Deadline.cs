namespace Plenum.Kernel.Timing;

/// <summary>
/// Something due. It counts only while <paramref name="Generation"/> is still the target's: a deadline is
/// cancelled by counting up, never searched for.
/// </summary>
internal readonly record struct Deadline(DeadlineKind Kind, object? Target, int Generation);
