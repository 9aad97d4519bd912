using System.Runtime.InteropServices;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>The reason an offer counts at, in detail.</summary>
/// <param name="Rule">The constraint or rule of placement that is not met, in its text form; null for other reasons.</param>
/// <param name="OfferedMillis">What the offer had of the resource that it lacks, in thousandths.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RejectCause(RejectReason Reason, object? Rule = null, long OfferedMillis = 0);
