using Plenum.Agent.Checkpointing;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>
/// A disk on which the agent's life may end between any two steps, a write included that stops in its middle. A power
/// cut also takes names: any of those that were given or taken since their directory was flushed last.
/// </summary>
internal sealed class CutDisk(CrashPoint point) : CheckpointDisk
{
    private readonly List<(string Directory, Action Undo)> _unflushed = [];

    public override void MakeDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        point.Pass();
        base.MakeDirectory(path);
        Note(path, () => Directory.Delete(path, recursive: true));
    }

    // The flush of the bytes is left out: nobody cuts the power of the machine that runs the test.
    public override void Write(string path, ReadOnlySpan<byte> bytes)
    {
        if (point.Next())
        {
            File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
            throw new CrashException();
        }

        File.WriteAllBytes(path, bytes);
        Note(path, () => File.Delete(path));
    }

    public override void Rename(string from, string to)
    {
        point.Pass();
        var before = File.Exists(to) ? File.ReadAllBytes(to) : null;
        base.Rename(from, to);
        Note(to, () => Restore(to, before));
    }

    public override void Delete(string path)
    {
        point.Pass();
        var before = File.ReadAllBytes(path);
        base.Delete(path);
        Note(path, () => Restore(path, before));
    }

    public override void FlushNames(string directory)
    {
        point.Pass();
        _unflushed.RemoveAll(name => name.Directory == directory);
    }

    /// <summary>What a power cut may do to names that were not flushed: each is there or not, whatever became of the others.</summary>
    public void LosePower(Random chance)
    {
        foreach (var (directory, undo) in Enumerable.Reverse(_unflushed))
        {
            if (chance.Next(2) == 0 && Directory.Exists(directory))
            {
                undo();
            }
        }

        _unflushed.Clear();
    }

    private static void Restore(string path, byte[]? before)
    {
        if (before is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllBytes(path, before);
        }
    }

    private void Note(string path, Action undo) => _unflushed.Add((Path.GetDirectoryName(path)!, undo));
}
