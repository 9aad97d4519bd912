using System.Runtime.InteropServices;

namespace Plenum.Metronome.Core;

/// <summary>
/// The two times a decision is made by. <paramref name="Steady"/> passes as a stopwatch does: deadlines keep their
/// length when somebody sets the machine's clock. <paramref name="Wall"/> is what that clock shows: schedules go by it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CoreTime(DateTimeOffset Steady, DateTimeOffset Wall);
