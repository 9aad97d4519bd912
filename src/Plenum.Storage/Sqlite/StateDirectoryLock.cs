using System.Globalization;

namespace Plenum.Storage.Sqlite;

/// <summary>
/// Keeps a second process out of a state directory. The kernel of the operating system drops the lock
/// with the process, however it ends, so that nothing stale can stay behind.
/// </summary>
internal sealed class StateDirectoryLock : IDisposable
{
    private const string LockName = "lock";

    // Beside the lock, because a file that is locked by another process cannot be opened here to read it.
    private const string OwnerName = "lock.owner";

    private readonly FileStream _file;

    private StateDirectoryLock(FileStream file)
    {
        _file = file;
    }

    /// <exception cref="StoreUnavailableException">Another process, or another store of this one, holds it.</exception>
    internal static StateDirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, LockName);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new StoreUnavailableException($"The state directory '{directory}' cannot be written by this user", denied);
        }
        catch (IOException taken)
        {
            throw new StoreUnavailableException(
                $"The state directory '{directory}' is in use by {Owner(directory)}: stop it first, or give this one another directory",
                taken);
        }

        var owner = Path.Combine(directory, OwnerName);
        File.WriteAllText(owner, System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new StateDirectoryLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Owner(string directory)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(directory, OwnerName)).Trim();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
                ? string.Create(CultureInfo.InvariantCulture, $"process {processId}")
                : "another process";
        }
        catch (IOException)
        {
            // The holder has the lock but has not written its number yet: the message does without.
            return "another process";
        }
    }
}
