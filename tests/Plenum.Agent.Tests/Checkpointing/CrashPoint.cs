namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>Counts the steps by which an agent touches anything outside its memory, and ends its life at one of them.</summary>
/// <param name="at">The step that does not happen any more; 0 for a life without a crash.</param>
internal sealed class CrashPoint(int at)
{
    private int _passed;

    public bool Reached { get; private set; }

    /// <summary>Called before each step.</summary>
    /// <exception cref="CrashException">This was the one.</exception>
    public void Pass()
    {
        if (Next())
        {
            throw new CrashException();
        }
    }

    /// <summary>The same for a step that leaves something half done before it throws.</summary>
    public bool Next()
    {
        if (Reached)
        {
            throw new InvalidOperationException("The agent did something after its crash");
        }

        return Reached = ++_passed == at;
    }
}
