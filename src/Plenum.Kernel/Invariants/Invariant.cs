using System.Diagnostics.CodeAnalysis;

namespace Plenum.Kernel.Invariants;

internal static class Invariant
{
    /// <summary>Stays on in production: each use is O(1) and costs less than the damage it stops.</summary>
    public static void Check([DoesNotReturnIf(false)] bool condition, string what)
    {
        if (!condition)
        {
            throw new KernelInvariantException(what);
        }
    }
}
