namespace Plenum.Agent.Fetching;

/// <summary>Files that the fetcher makes in a sandbox.</summary>
internal static class SandboxFile
{
    /// <summary>
    /// Creates a file below the sandbox, with its directories. An archive fetched before may have put a link on
    /// the way: whatever leads through one is refused, or the agent would write as root wherever it points.
    /// </summary>
    public static FileStream Create(string sandbox, string name)
    {
        var path = Path.Join(sandbox, name);
        for (var directory = Path.GetDirectoryName(path)!; directory.Length > sandbox.Length; directory = Path.GetDirectoryName(directory)!)
        {
            if (new DirectoryInfo(directory).LinkTarget is not null)
            {
                throw new IOException($"'{name}' leads through a link");
            }
        }
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true);
    }
}
