using Plenum.Agent.Checkpointing;
using Plenum.Agent.Native;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>Ends the process that uses it by SIGKILL, before one step of its disk.</summary>
/// <param name="step">Which one, from 1.</param>
internal sealed class DeadlyDisk(int step) : CheckpointDisk
{
    private int _passed;

    public override void MakeDirectory(string path)
    {
        Pass();
        base.MakeDirectory(path);
    }

    public override void Write(string path, ReadOnlySpan<byte> bytes)
    {
        Pass();
        base.Write(path, bytes);
    }

    public override void Rename(string from, string to)
    {
        Pass();
        base.Rename(from, to);
    }

    public override void Delete(string path)
    {
        Pass();
        base.Delete(path);
    }

    public override void FlushNames(string directory)
    {
        Pass();
        base.FlushNames(directory);
    }

    private void Pass()
    {
        if (++_passed == step)
        {
            // A signal to oneself has come when the call returns: it does not.
            _ = LibC.Kill(System.Environment.ProcessId, LibC.SignalKill);
        }
    }
}
