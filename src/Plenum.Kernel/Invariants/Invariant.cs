using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Plenum.Kernel.Invariants;

internal static class Invariant
{
    /// <summary>
    /// Stays on in production: each use is O(1) and costs less than the damage it stops. The text is made only
    /// for a broken one: written out, the resources of an agent cost more than the launch that is checked.
    /// </summary>
    public static void Check(
        [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] ref InvariantText what)
    {
        if (!condition)
        {
            throw new KernelInvariantException(what.ToStringAndClear());
        }
    }

    /// <summary>The same with a text that costs nothing: a literal.</summary>
    public static void Check([DoesNotReturnIf(false)] bool condition, string what)
    {
        if (!condition)
        {
            throw new KernelInvariantException(what);
        }
    }
}
