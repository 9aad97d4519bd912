using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers.Logs;

/// <summary>
/// A file that a container appends to and that is cut from its front when it has grown. The container
/// writes into it directly: no process and no pipe stands between, nothing is lost when the agent is killed,
/// and a container's log costs no memory. The price: while no agent runs, the file is not cut.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private const int CopyBuffer = 64 * 1024;

    /// <summary>Collapsing works in file system blocks; no Linux file system here has larger ones.</summary>
    private const long Block = 64 * 1024;

    /// <summary>Behind the log's name: its beginning, kept when the rest of it went.</summary>
    public const string HeadSuffix = ".head";

    private readonly FileStream _stream;

    private LogFile(string path, FileStream stream)
    {
        Path = path;
        _stream = stream;
    }

    public string Path { get; }

    public SafeFileHandle Handle => _stream.SafeFileHandle;

    public int Descriptor => (int)_stream.SafeFileHandle.DangerousGetHandle();

    /// <summary>Opens or creates it. Null when something else than a plain file bears the name: a task may have put a link there.</summary>
    public static LogFile? Open(string path)
    {
        const uint mode = 0b110_100_100;
        var fd = LibC.Open(
            path,
            LibC.OpenReadWrite | LibC.OpenAppend | LibC.OpenCreate | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec,
            mode);
        if (fd < 0)
        {
            return LibC.LastError == LibC.ErrorLoop ? null : throw NativeException.Last($"open {path}");
        }
        var stream = new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
        if (!stream.CanSeek)
        {
            stream.Dispose();
            return null;
        }
        // The container inherits the flags: only opening had to be kept from waiting for a pipe's other end.
        LibC.Control(fd, LibC.SetStatusFlags, LibC.OpenAppend);
        return new LogFile(path, stream);
    }

    /// <summary>
    /// Moves what is above the size, or too old, to numbered files beside it, the newest being 1; the first time its
    /// beginning is kept too.
    /// </summary>
    /// <returns>True when the file was cut.</returns>
    public bool Rotate(LogLimits limits, DateTimeOffset now)
    {
        var length = RandomAccess.GetLength(Handle);
        if (length <= limits.FileBytes && !IsOld(limits, now))
        {
            return false;
        }
        // Cutting must stop short of the end of the file, and at a block.
        var cut = (length - 1) / Block * Block;
        if (cut <= 0)
        {
            return false;
        }
        var mark = LogMark.Of(Handle);
        if (mark.Start == 0 && limits.HeadBytes > 0)
        {
            Copy(0, Math.Min(limits.HeadBytes, cut), Path + HeadSuffix, default);
        }
        var kept = limits.Kept;
        for (var i = kept - 1; i >= 1; i--)
        {
            if (File.Exists($"{Path}.{i}"))
            {
                File.Move($"{Path}.{i}", $"{Path}.{i + 1}", overwrite: true);
            }
        }
        if (kept > 0)
        {
            // A writer that outran the agent loses the oldest part, not the newest.
            var from = Math.Max(0, cut - limits.FileBytes);
            Copy(from, cut, $"{Path}.1", new LogMark(mark.Start + from));
        }
        (mark with { Cutting = cut, Length = length }).Put(Handle);
        var gone = cut;
        // Collapsing removes the front of the file while the container goes on appending: no byte is lost.
        // Where the file system cannot, the whole is truncated, and what was written since the copy is lost.
        if (LibC.Allocate(Descriptor, LibC.CollapseRange, 0, cut) != 0)
        {
            gone = RandomAccess.GetLength(Handle);
            RandomAccess.SetLength(Handle, 0);
        }
        new LogMark(mark.Start + gone, Since: now.ToUnixTimeSeconds()).Put(Handle);
        return true;
    }

    public void Dispose() => _stream.Dispose();

    private bool IsOld(LogLimits limits, DateTimeOffset now)
    {
        if (limits.Age is not { } age)
        {
            return false;
        }
        var mark = LogMark.Of(Handle);
        if (mark.Since == 0)
        {
            (mark with { Since = now.ToUnixTimeSeconds() }).Put(Handle);
            return false;
        }
        return now - DateTimeOffset.FromUnixTimeSeconds(mark.Since) >= age;
    }

    private void Copy(long from, long to, string target, LogMark mark)
    {
        File.Delete(target);
        // CreateNew does not follow a link that the task has put there meanwhile.
        using var output = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        mark.Put(output.SafeFileHandle);
        var buffer = new byte[CopyBuffer];
        while (from < to)
        {
            var count = RandomAccess.Read(Handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - from)), from);
            if (count == 0)
            {
                break;
            }
            output.Write(buffer, 0, count);
            from += count;
        }
    }
}
