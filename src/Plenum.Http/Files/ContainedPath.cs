using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Plenum.Http.Files;

/// <summary>
/// Paths that stay below a directory: links are followed here, one name at a time, and what was opened is looked at
/// once more, since somebody may change a link in between.
/// </summary>
public static partial class ContainedPath
{
    /// <summary>The kernel's own bound on links in one path.</summary>
    private const int MaximumLinks = 40;

    private const int ReadOnly = 0;
    private const int OnlyTheName = 0x200000;
    private const int DoNotWait = 0x800;
    private const int CloseOnExec = 0x80000;

    // Answers of open(2) to what went or became another thing after the look at it, and to what this user may not read.
    private const int NoEntry = 2;
    private const int NoSuchDevice = 6;
    private const int NoAccess = 13;
    private const int NotADirectory = 20;
    private const int TooManyLinks = 40;

    private static readonly int DoNotFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>Null when nothing is there, or a name or link leads out of the root.</summary>
    public static string? Walk(string root, IEnumerable<string> names)
    {
        var current = root;
        var pending = new Stack<string>(names.Reverse());
        var links = 0;
        while (pending.TryPop(out var name))
        {
            if (name == ".")
            {
                continue;
            }

            if (name == "..")
            {
                if (current == root)
                {
                    return null;
                }

                current = Path.GetDirectoryName(current)!;
                continue;
            }

            var next = Path.Combine(current, name);
            if (FileStatus.Of(next) is null)
            {
                return null;
            }

            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            // A link out of the root, absolute ones included, leads nowhere.
            if (++links > MaximumLinks || Path.IsPathRooted(target))
            {
                return null;
            }

            foreach (var part in Parts(target).Reverse())
            {
                pending.Push(part);
            }
        }

        return current;
    }

    /// <summary>
    /// What is really at <paramref name="real"/>, a link as itself; null when nothing is, or when the path leads elsewhere
    /// by now: of what is outside not even the size is told.
    /// </summary>
    public static FileStatus? Status(string path, string real)
    {
        using var handle = Find(path, real);
        return handle is null ? null : FileStatus.Of(handle);
    }

    /// <summary>
    /// Opens a plain file that is really at <paramref name="real"/>; null when it is not. A pipe or a device is not even
    /// opened: the one would wait for its other end, the other may do something.
    /// </summary>
    public static SafeFileHandle? Open(string path, string real) => Open(path, real, static status => status.IsRegular);

    /// <summary>Opens a directory that is really at <paramref name="real"/>; null when it is not.</summary>
    public static SafeFileHandle? OpenDirectory(string path, string real) => Open(path, real, static status => status.IsDirectory);

    /// <summary>Where a path really is, or would be: an operator may have put a directory behind a link.</summary>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Real(string path)
    {
        var real = "";
        var links = 0;
        var pending = new Stack<string>(Parts(Path.GetFullPath(path)).Reverse());
        while (pending.TryPop(out var name))
        {
            if (name is "." or "..")
            {
                real = name == "." ? real : real[..Math.Max(0, real.LastIndexOf('/'))];
                continue;
            }

            var next = $"{real}/{name}";
            if (FileStatus.Of(next) is not { IsLink: true } || new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaximumLinks)
            {
                throw new IOException($"{path} leads through more than {MaximumLinks} links: do not let them point to each other");
            }

            // Its own directories may be links again.
            real = target.StartsWith('/') ? "" : real;
            foreach (var part in Parts(target).Reverse())
            {
                pending.Push(part);
            }
        }

        return real;
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static SafeFileHandle? Open(string path, string real, Func<FileStatus, bool> isRight)
    {
        // First only the name, then what was found behind it: nobody can put a pipe or a device there in between.
        using var found = Find(path, real);
        return found is not null && FileStatus.Of(found) is { } status && isRight(status)
            ? TryOpen($"/proc/self/fd/{found.DangerousGetHandle()}", ReadOnly | DoNotWait | CloseOnExec)
            : null;
    }

    private static SafeFileHandle? Find(string path, string real)
    {
        var handle = TryOpen(path, OnlyTheName | DoNotFollow | CloseOnExec);
        if (handle is null || new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget == real)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static SafeFileHandle? TryOpen(string path, int flags)
    {
        var descriptor = OpenFile(path, flags);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
            : Marshal.GetLastPInvokeError() is NoEntry or NoSuchDevice or NoAccess or NotADirectory or TooManyLinks ? null
            : throw new IOException($"{path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
