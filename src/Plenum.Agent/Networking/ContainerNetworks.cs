using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers;
using Plenum.Agent.Host;
using Plenum.Agent.Loop;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Networking;

/// <summary>
/// Gives containers networks of their own and takes them back, by CNI (networking.md 4.2). A container's namespace,
/// interfaces and results are on record from before they are made until after they are gone.
/// </summary>
internal sealed partial class ContainerNetworks : IAsyncDisposable
{
    /// <summary>Key of the plugins' extra input; Mesos' name, which its plugins look for.</summary>
    private const string MesosArguments = "org.apache.mesos";

    private const string RecordName = "record.json";
    private const string FilesName = "files";

    /// <summary>Linux bounds host names to 64 characters; one that comes from a container's id is cut.</summary>
    private const int MaxHostName = 63;

    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly NetworkNamespaces _namespaces;
    private readonly NetworkDirectory _configurations;
    private readonly IReadOnlyList<string> _pluginDirectories;
    private readonly BridgeNetwork _bridge;
    private readonly ConcurrentDictionary<string, NetworkRecord> _records = new(StringComparer.Ordinal);

    /// <summary>Containers whose plugins run at once: they wait for each other's firewall changes anyway.</summary>
    private readonly SemaphoreSlim _turns = new(Math.Max(2, System.Environment.ProcessorCount * 2));

    private readonly Repetition<string> _again;

    public ContainerNetworks(NetworkOptions options, string workDirectory, TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _again = new Repetition<string>(TakeBackInTurnAsync, time, logger);
        _directory = Path.Join(workDirectory, "runtime", "networks");
        // Two agents of one machine must not fight over names that the whole machine sees.
        var tag = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(workDirectory))))[..8];
        _namespaces = new NetworkNamespaces($"/run/plenum-{tag}");
        _configurations = new NetworkDirectory(options.ConfigurationDirectory, logger);
        _pluginDirectories = options.PluginDirectories;
        _bridge = new BridgeNetwork(Path.Join(workDirectory, "runtime", "bridge"), tag, options, logger);
    }

    /// <summary>Ended containers whose networks a plugin did not take back yet.</summary>
    public int NotTakenBack => _again.Count;

    /// <summary>The network of a container, or null when it has none of its own.</summary>
    public ContainerNetwork? Find(string container) =>
        _records.TryGetValue(container, out var record) ? Describe(record) : null;

    /// <param name="made">Names the namespace that it shall have; null: a new one of the machine's users.</param>
    /// <exception cref="NetworkException">It cannot be had; nothing of it is left.</exception>
    public async Task<ContainerNetwork> AttachAsync(
        ContainerKey key, NetworkRequest request, string? hostName, NameResolution names, CancellationToken cancellationToken, string? made = null)
    {
        Validate(request);
        await _turns.WaitAsync(cancellationToken);
        var isOnRecord = false;
        try
        {
            var record = new NetworkRecord
            {
                Container = key.Name,
                BootId = Boot.Id,
                NamespaceFile = _namespaces.FileOf(key.Name),
                HostName = hostName ?? (key.Value.Length > MaxHostName ? key.Value[..MaxHostName] : key.Value),
            };
            if (_records.ContainsKey(key.Name))
            {
                throw new NetworkException(
                    $"the networks of an earlier container {key.Name} are not taken back yet; the agent's log names the plugin that fails");
            }

            Directory.CreateDirectory(DirectoryOf(key.Name));
            Keep(record);
            isOnRecord = true;
            _namespaces.Create(key.Name, made);
            for (var i = 0; i < request.Networks.Count; i++)
            {
                record = await AddAsync(record, request.Networks[i], $"eth{i}", cancellationToken);
            }

            var results = Results(record);
            NameFiles.Write(
                Path.Join(DirectoryOf(key.Name), FilesName),
                record.HostName,
                [.. results.SelectMany(static result => result.Addresses)],
                results,
                names);
            return Describe(record);
        }
        catch (Exception exception) when (exception is NetworkException or IOException or OperationCanceledException)
        {
            if (isOnRecord && !await TakeBackAsync(key.Name))
            {
                TryAgain(key.Name);
            }

            if (exception is IOException)
            {
                throw new NetworkException($"the container's network could not be made: {exception.Message}", exception);
            }

            throw;
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>
    /// Takes a container's networks back. What a plugin cannot take back stays on record and is tried again, by this agent
    /// and by the next one.
    /// </summary>
    public async Task DetachAsync(string container)
    {
        if (_records.ContainsKey(container) && !await TakeBackInTurnAsync(container))
        {
            TryAgain(container);
        }
    }

    /// <summary>Reads what an earlier agent process wrote down; before any container is recovered.</summary>
    public void Load()
    {
        if (!Directory.Exists(_directory))
        {
            return;
        }

        foreach (var directory in Directory.GetDirectories(_directory))
        {
            var name = Path.GetFileName(directory);
            try
            {
                _records[name] = NetworkRecord.Read(Path.Join(directory, RecordName));
            }
            catch (Exception exception) when (exception is JsonException or IOException)
            {
                // Without it the plugins cannot be told what to undo; the namespace's end takes its interfaces along.
                Log.Unreadable(_logger, name, exception);
                _namespaces.Remove(name);
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    /// <summary>Takes back what belongs to no container any more; after all containers were recovered.</summary>
    public async Task RemoveOrphansAsync(Func<string, bool> isContainer)
    {
        foreach (var name in _records.Keys.Where(name => !isContainer(name)).ToArray())
        {
            Log.Orphan(_logger, name);
            await DetachAsync(name);
        }

        try
        {
            _bridge.ReleaseAddresses(_records.ContainsKey);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.AddressesKept(_logger, exception);
        }
    }

    /// <summary>When nothing is left: the bridge, the directory of namespaces and firewall chains without rules.</summary>
    public async Task RemoveSharedAsync(CancellationToken cancellationToken)
    {
        if (!_records.IsEmpty)
        {
            return;
        }

        await _bridge.RemoveAsync(cancellationToken);
        _namespaces.RemoveDirectory();
        await FirewallChains.RemoveUnusedAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _again.DisposeAsync();
        _turns.Dispose();
        _bridge.Dispose();
    }

    private static void Validate(NetworkRequest request)
    {
        if (request.Networks.Count > NetworkRequest.MaxNetworks)
        {
            throw new NetworkException($"a container can have at most {NetworkRequest.MaxNetworks} networks");
        }

        if (request.Networks.GroupBy(static network => network.Name, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice)
        {
            throw new NetworkException($"the network '{twice.Key}' is named twice");
        }
    }

    private async Task<NetworkRecord> AddAsync(
        NetworkRecord record, NetworkInfo wanted, string interfaceName, CancellationToken cancellationToken)
    {
        var network = _configurations.Find(wanted.Name)
            ?? (wanted.Name == NetworkOptions.DefaultBridgeNetwork ? await _bridge.PrepareAsync(cancellationToken) : null)
            ?? throw new NetworkException(
                $"there is no network '{wanted.Name}' on this agent; it has {string.Join(", ", _configurations.Names().Append(NetworkOptions.DefaultBridgeNetwork).Distinct(StringComparer.Ordinal))}");
        // Before anything is on record: a plugin that is not there can take nothing back either.
        PluginRunner.RequireAll(network, _pluginDirectories);
        var attachment = new NetworkAttachment
        {
            Network = network.Name,
            CniVersion = network.CniVersion,
            Plugins = network.Plugins,
            PluginDirectories = _pluginDirectories,
            Interface = interfaceName,
            PortMappings = MappedPorts.Of(wanted),
            Request = Encoding.UTF8.GetString(MesosJson.Write(wanted)),
        };
        if (attachment.PortMappings.Count > 0 && !network.Plugins.Any(MappedPorts.IsTakenBy))
        {
            throw new NetworkException($"the network '{network.Name}' has no plugin that maps ports (portmap), and the container asks for mapped ports");
        }

        MappedPorts.RefuseTaken(attachment.PortMappings);
        record = record with { Attachments = [.. record.Attachments, attachment] };
        Keep(record);
        using var machine = attachment.PortMappings.Count > 0
            ? await FirewallChains.UseAsync(network, cancellationToken)
            : await MachineLock.ShareAsync(cancellationToken);
        var result = await PluginRunner.AddAsync(network, CallFor(record, attachment), cancellationToken);
        record = record with { Attachments = [.. record.Attachments.SkipLast(1), attachment with { Result = result }] };
        Keep(record);
        return record;
    }

    private async Task<bool> TakeBackInTurnAsync(string container)
    {
        await _turns.WaitAsync();
        try
        {
            return await TakeBackAsync(container);
        }
        finally
        {
            _turns.Release();
        }
    }

    private void TryAgain(string container)
    {
        if (!_again.Add(container))
        {
            // Its record is on disk; there it costs no memory.
            _records.TryRemove(container, out _);
        }
    }

    private async Task<bool> TakeBackAsync(string container)
    {
        if (!_records.TryGetValue(container, out var record))
        {
            return true;
        }

        try
        {
            foreach (var attachment in record.Attachments.Reverse())
            {
                await PluginRunner.DeleteAsync(
                    new NetworkConfiguration(attachment.Network, attachment.CniVersion, attachment.Plugins),
                    CallFor(record, attachment),
                    attachment.Result,
                    CancellationToken.None);
                record = record with { Attachments = [.. record.Attachments.SkipLast(1)] };
                Keep(record);
            }

            _namespaces.Remove(container);
            Directory.Delete(DirectoryOf(container), recursive: true);
            _records.TryRemove(container, out _);
            return true;
        }
        catch (Exception exception) when (exception is NetworkException or IOException or UnauthorizedAccessException or JsonException)
        {
            Log.NotTakenBack(_logger, container, exception);
            return false;
        }
    }

    private PluginCall CallFor(NetworkRecord record, NetworkAttachment attachment) => new(
        record.Container,
        record.BootId == Boot.Id && _namespaces.Exists(record.Container) ? record.NamespaceFile : "",
        attachment.PluginDirectories,
        attachment.Interface,
        attachment.PortMappings,
        new JsonObject { [MesosArguments] = new JsonObject { ["network_info"] = JsonNode.Parse(attachment.Request) } });

    private ContainerNetwork Describe(NetworkRecord record) => new(IsHost: false, record.NamespaceFile)
    {
        Holder = record.Container,
        HostName = record.HostName,
        NameFiles = Path.Join(DirectoryOf(record.Container), FilesName),
        Networks = [.. record.Attachments.Select(Assigned)],
    };

    private static NetworkInfo Assigned(NetworkAttachment attachment)
    {
        var network = MesosJson.Parse<NetworkInfo>(Encoding.UTF8.GetBytes(attachment.Request));
        network.IpAddresses.Clear();
        foreach (var address in attachment.Result is null ? [] : PluginResult.Parse(attachment.Result).Addresses)
        {
            network.IpAddresses.Add(new NetworkInfo.Types.IPAddress
            {
                IpAddress = address.ToString(),
                Protocol = address.AddressFamily == AddressFamily.InterNetworkV6
                    ? NetworkInfo.Types.Protocol.Ipv6
                    : NetworkInfo.Types.Protocol.Ipv4,
            });
        }

        return network;
    }

    private static IReadOnlyList<PluginResult> Results(NetworkRecord record) =>
        [.. record.Attachments.Where(static a => a.Result is not null).Select(static a => PluginResult.Parse(a.Result!))];

    private void Keep(NetworkRecord record)
    {
        record.Write(Path.Join(DirectoryOf(record.Container), RecordName));
        _records[record.Container] = record;
    }

    private string DirectoryOf(string container) => Path.Join(_directory, container);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The networks of container {Container} could not be taken back; that is tried again")]
        public static partial void NotTakenBack(ILogger logger, string container, Exception failure);

        [LoggerMessage(2, LogLevel.Warning, "The network record of container {Container} cannot be read; its namespace is removed")]
        public static partial void Unreadable(ILogger logger, string container, Exception failure);

        [LoggerMessage(3, LogLevel.Information, "The networks of container {Container} outlived it and are taken back")]
        public static partial void Orphan(ILogger logger, string container);

        [LoggerMessage(4, LogLevel.Error, "Addresses of containers that are gone could not be released; the agent's next start tries again")]
        public static partial void AddressesKept(ILogger logger, Exception failure);
    }
}
