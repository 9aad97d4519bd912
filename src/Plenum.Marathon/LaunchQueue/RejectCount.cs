using System.Runtime.InteropServices;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>One row of a reject summary: offers that got so far, and those that ended here.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RejectCount(RejectReason Reason, int Declined, int Processed);
