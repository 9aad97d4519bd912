namespace Plenum.Agent.Native;

/// <summary>A system call failed where success was needed.</summary>
internal sealed class NativeException(string action, int error)
    : IOException($"{action}: {LibC.Describe(error)}")
{
    public int Error { get; } = error;

    public static NativeException Last(string action) => new(action, LibC.LastError);

    public static void ThrowIfFailed(int result, string action)
    {
        if (result < 0)
        {
            throw Last(action);
        }
    }
}
