using Plenum.Agent.Native;

namespace Plenum.Agent.Volumes;

/// <summary>A path without links, as the kernel resolves it.</summary>
internal static class RealPath
{
    /// <summary>Names the file without opening it for anything; the same number on x64 and arm64.</summary>
    private const int OpenPathOnly = 0x200000;

    /// <exception cref="IOException">There is no such file.</exception>
    public static string Of(string path)
    {
        using var file = OwnedFd.Open(path, OpenPathOnly | LibC.OpenCloseOnExec);
        return new FileInfo($"/proc/self/fd/{file.Number}").LinkTarget
            ?? throw new IOException($"{path} cannot be resolved");
    }

    /// <summary>
    /// The path itself where it leads to nothing that can be looked at now (missing, forbidden, on a disk or a server that
    /// has died): nobody has it under another name then.
    /// </summary>
    public static string OrSame(string path)
    {
        try
        {
            return Of(path);
        }
        catch (NativeException)
        {
            return path;
        }
    }

    public static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);
}
