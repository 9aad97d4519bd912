using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Loop;
using Plenum.Agent.Volumes;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Providers;

/// <summary>
/// The directory with the configurations of the agent's own storage pools, one JSON file each, as Mesos' agents have it:
/// an operator puts them there before the start, or adds, changes and removes them through the operator API.
/// </summary>
internal sealed partial class ProviderConfigurations(string directory, IReadOnlyList<DiskProfile> profiles, ILogger logger) : IDisposable
{
    private const string Suffix = ".json";
    private const string Unfinished = ".new";

    /// <summary>A configuration is a few hundred bytes.</summary>
    private const int MaxBytes = 1024 * 1024;

    private readonly SemaphoreSlim _gate = new(1);

    public IReadOnlyList<DiskProfile> Profiles => profiles;

    /// <summary>Files that make no sense are named in the log and passed over: a typing error must not stop the agent's tasks.</summary>
    public IReadOnlyList<StorageProviderConfig> Load() => [.. Files().Select(static entry => entry.Config)];

    /// <summary>Null when it is there now; otherwise the HTTP status and why it is not.</summary>
    public Task<(int Status, string Message)?> AddAsync(ResourceProviderInfo info, AgentLoop loop) => ChangeAsync(loop, () =>
    {
        if (StorageProviderConfig.TryRead(info, out var problem) is not { } config)
        {
            return (400, problem!);
        }

        var known = Files();
        if (known.FirstOrDefault(entry => IsNamed(entry.Config, info.Type, info.Name)).Config is { } there)
        {
            // Mesos: the same once more is no error.
            return there.Info.Equals(config.Info) ? null : (409, $"There is a resource provider '{info.Name}' already: use UPDATE_RESOURCE_PROVIDER_CONFIG");
        }

        if (known.Count >= ProviderDesk.MaxProviders)
        {
            return (409, $"This agent has {ProviderDesk.MaxProviders} resource providers");
        }

        if (known.FirstOrDefault(entry => IsSamePlace(entry.Config, config)).Config is { } neighbour)
        {
            return (409, $"The directory {config.Directory} is the pool of the resource provider '{neighbour.Name}': each needs its own");
        }

        var file = Path.Combine(directory, info.Name + Suffix);
        if (File.Exists(file))
        {
            return (409, $"There is a file {file} already, of another resource provider or one that cannot be read: mend or move it first");
        }

        Write(file, config.Info);
        return null;
    });

    public Task<(int Status, string Message)?> UpdateAsync(ResourceProviderInfo info, AgentLoop loop) => ChangeAsync(loop, () =>
    {
        if (StorageProviderConfig.TryRead(info, out var problem) is not { } config)
        {
            return (400, problem!);
        }

        var (file, there) = Files().FirstOrDefault(entry => IsNamed(entry.Config, info.Type, info.Name));
        if (there is null)
        {
            return (404, $"There is no resource provider '{info.Name}' of type {info.Type}");
        }

        if (there.Directory != config.Directory)
        {
            return (409, "The directory of a pool cannot change: its disks lie in it. Add another resource provider");
        }

        Write(file, config.Info);
        return null;
    });

    public Task<(int Status, string Message)?> RemoveAsync(string type, string name, AgentLoop loop) => ChangeAsync(loop, () =>
    {
        foreach (var (file, _) in Files().Where(entry => IsNamed(entry.Config, type, name)))
        {
            File.Delete(file);
            DirectorySync.Flush(directory);
        }

        return null;
    });

    public void Dispose() => _gate.Dispose();

    private async Task<(int Status, string Message)?> ChangeAsync(AgentLoop loop, Func<(int, string)?> change)
    {
        await _gate.WaitAsync();
        try
        {
            if (change() is { } problem)
            {
                return problem;
            }

            await loop.PostAsync(new AgentCommand.StorageConfigured(Load(), profiles));
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private List<(string File, StorageProviderConfig Config)> Files()
    {
        var configs = new List<(string File, StorageProviderConfig Config)>();
        if (!Directory.Exists(directory))
        {
            return configs;
        }

        foreach (var file in Directory.EnumerateFiles(directory, "*" + Suffix).Order(StringComparer.Ordinal))
        {
            var config = TryRead(file, out var problem);
            problem ??= configs.Any(known => IsNamed(known.Config, config!.Type, config.Name)) ? "another file has the same type and name"
                : configs.Any(known => IsSamePlace(known.Config, config!)) ? "another file has the same pool directory"
                : configs.Count >= ProviderDesk.MaxProviders ? $"the agent takes {ProviderDesk.MaxProviders} at most"
                : null;
            if (problem is null)
            {
                configs.Add((file, config!));
            }
            else
            {
                Log.Unusable(logger, file, problem);
            }
        }

        return configs;
    }

    private static StorageProviderConfig? TryRead(string file, out string? problem)
    {
        try
        {
            if (new System.IO.FileInfo(file).Length > MaxBytes)
            {
                problem = $"it is larger than {MaxBytes} bytes";
                return null;
            }

            return StorageProviderConfig.TryRead(MesosJson.Parse<ResourceProviderInfo>(File.ReadAllBytes(file)), out problem);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or MesosJsonException)
        {
            problem = exception.Message;
            return null;
        }
    }

    private static void Write(string file, ResourceProviderInfo info)
    {
        var directory = Path.GetDirectoryName(file)!;
        Directory.CreateDirectory(directory);
        using (var stream = new FileStream(file + Unfinished, FileMode.Create, FileAccess.Write))
        {
            stream.Write(MesosJson.Write(info));
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + Unfinished, file, overwrite: true);
        DirectorySync.Flush(directory);
    }

    // Also by way of a link.
    private static bool IsSamePlace(StorageProviderConfig one, StorageProviderConfig other) =>
        RealPath.OrSame(one.Directory) == RealPath.OrSame(other.Directory);

    private static bool IsNamed(StorageProviderConfig config, string type, string name) => config.Type == type && config.Name == name;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The resource provider in {File} is not used: {Problem}")]
        public static partial void Unusable(ILogger logger, string file, string problem);
    }
}
