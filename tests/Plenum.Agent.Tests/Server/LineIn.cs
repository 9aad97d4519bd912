namespace Plenum.Agent.Tests.Server;

/// <summary>Waits until a task has written a text, by watching its file.</summary>
internal static class LineIn
{
    public static async Task FileAsync(string path, string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path))
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName,
        };
        watcher.Changed += (_, _) => Look();
        watcher.Created += (_, _) => Look();
        watcher.EnableRaisingEvents = true;
        Look();
        try
        {
            await seen.Task.WaitAsync(Patience.Limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{path} has: {(File.Exists(path) ? await File.ReadAllTextAsync(path) : "nothing")}", late);
        }

        void Look()
        {
            if (File.Exists(path) && File.ReadAllText(path).Contains(text, StringComparison.Ordinal))
            {
                seen.TrySetResult();
            }
        }
    }
}
