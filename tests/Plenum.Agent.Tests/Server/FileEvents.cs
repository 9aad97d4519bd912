using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>Waits for what other processes do to files.</summary>
internal static class FileEvents
{
    public static async Task CreatedAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!) { EnableRaisingEvents = true };
        var created = new TaskCompletionSource();
        watcher.Created += (_, change) => _ = change.FullPath == path && created.TrySetResult();
        if (!File.Exists(path))
        {
            await created.Task.WaitAsync(Patience.Limit);
        }
    }
}
