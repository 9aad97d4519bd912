namespace Plenum.Agent.Checkpointing;

/// <summary>
/// Every step by which the store changes its disk. A crash or a power cut may come between any two of them: tests stand
/// in here and let it come between all.
/// </summary>
internal class CheckpointDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes one directory in one that exists. Its name is durable when the parent's names were flushed.</summary>
    public virtual void MakeDirectory(string path) => Directory.CreateDirectory(path, OwnerOnly);

    /// <summary>Writes a file anew. Its bytes are durable on return, its name when the directory's names were flushed.</summary>
    public virtual void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Writes over a part of a file that has it already, which takes no room. Durable on return.</summary>
    public virtual void Overwrite(string path, long offset, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Position = offset;
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    public virtual void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public virtual void Delete(string path) => File.Delete(path);

    public virtual void FlushNames(string directory) => DirectorySync.Flush(directory);
}
