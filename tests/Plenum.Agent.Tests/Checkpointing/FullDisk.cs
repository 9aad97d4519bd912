using Plenum.Agent.Checkpointing;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>A disk that has no room for files while the test wants it, in a store's eyes only.</summary>
internal sealed class FullDisk : CheckpointDisk
{
    /// <summary>What takes room is refused.</summary>
    public bool IsFull { get; set; }

    /// <summary>Even what was taken cannot be written over.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Taken instead of the first overwriting of a file's beginning.</summary>
    public Exception? AtBeginning { get; set; }

    public override void MakeDirectory(string path)
    {
        Refuse(IsFull && !Directory.Exists(path));
        base.MakeDirectory(path);
    }

    public override void Write(string path, ReadOnlySpan<byte> bytes)
    {
        Refuse(IsFull);
        base.Write(path, bytes);
    }

    public override void Overwrite(string path, long offset, ReadOnlySpan<byte> bytes)
    {
        Refuse(IsBroken);
        if (offset == 0 && bytes.Length == sizeof(int) && AtBeginning is { } instead)
        {
            AtBeginning = null;
            throw instead;
        }

        base.Overwrite(path, offset, bytes);
    }

    private static void Refuse(bool refuses)
    {
        if (refuses)
        {
            throw new IOException("No space left on device");
        }
    }
}
