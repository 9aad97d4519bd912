using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Networking;

/// <summary>Runs CNI plugins: a program each, the configuration on its standard input, the result on its output.</summary>
internal static class PluginRunner
{
    private const string Add = "ADD";
    private const string Delete = "DEL";

    /// <summary>A result or an error; bridges with many routes stay below a hundredth of it.</summary>
    private const int MaxOutputCharacters = 1024 * 1024;

    /// <summary>Of what a plugin says on its standard error the end names the cause.</summary>
    private const int MaxMessageCharacters = 2048;

    /// <summary>The dhcp plugin, the slowest of the standard ones, gives up after 10 s by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Plugins call iptables and its kin.</summary>
    private const string ProgramPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Gives the container an interface; the result is that of the last plugin.</summary>
    /// <exception cref="NetworkException">A plugin failed; the message names it and says what it said.</exception>
    public static async Task<JsonObject> AddAsync(NetworkConfiguration network, PluginCall call, CancellationToken cancellationToken)
    {
        JsonObject? result = null;
        foreach (var plugin in network.Plugins)
        {
            var output = await RunAsync(Add, network, plugin, call, result, cancellationToken);
            // A chained plugin may answer nothing when it changes nothing.
            result = Parse(output) ?? result;
        }

        return result ?? throw new NetworkException($"the network '{network.Name}' gave no result");
    }

    /// <summary>Takes it back: the plugins in reverse order, every one of them, also when one fails.</summary>
    /// <exception cref="NetworkException">At least one plugin failed.</exception>
    public static async Task DeleteAsync(NetworkConfiguration network, PluginCall call, JsonObject? result, CancellationToken cancellationToken)
    {
        NetworkException? failure = null;
        foreach (var plugin in network.Plugins.Reverse())
        {
            try
            {
                // prevResult came to DEL with 0.4; older plugins reject what they do not know nowhere.
                await RunAsync(Delete, network, plugin, call, result, cancellationToken);
            }
            catch (NetworkException exception)
            {
                failure = exception;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <exception cref="NetworkException">A plugin of the network is not installed.</exception>
    public static void RequireAll(NetworkConfiguration network, IReadOnlyList<string> directories)
    {
        foreach (var plugin in network.Plugins)
        {
            Find(network, NetworkConfiguration.Text(plugin, "type")!, directories);
        }
    }

    private static string Find(NetworkConfiguration network, string type, IReadOnlyList<string> directories) =>
        directories.Select(directory => Path.Combine(directory, type)).FirstOrDefault(File.Exists) ?? throw new NetworkException(
            $"the network '{network.Name}' needs the plugin '{type}', which is in none of {string.Join(", ", directories)} "
            + "(apt-get install containernetworking-plugins)");

    private static async Task<string> RunAsync(
        string command, NetworkConfiguration network, JsonObject plugin, PluginCall call, JsonObject? previous, CancellationToken cancellationToken)
    {
        var type = NetworkConfiguration.Text(plugin, "type")!;
        var program = Find(network, type, call.PluginDirectories);
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = ProgramPath;
        OrphanedHelpers.Mark(start);
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = call.ContainerId;
        start.Environment["CNI_NETNS"] = call.NamespaceFile;
        start.Environment["CNI_IFNAME"] = call.Interface;
        start.Environment["CNI_PATH"] = string.Join(':', call.PluginDirectories);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        using var process = Start(start, network, type);
        // A process leaves streams that were asked for to the garbage collector, which may not come for hours.
        using var standardOutput = process.StandardOutput;
        using var standardError = process.StandardError;
        try
        {
            var output = ReadAsync(standardOutput, MaxOutputCharacters, limit.Token);
            var error = ReadAsync(standardError, MaxOutputCharacters, limit.Token);
            await WriteAsync(process, Input(network, plugin, call, previous).ToJsonString(), limit.Token);
            var said = await output;
            var message = await error;
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? said : throw Failure(network, type, command, said, message, process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new NetworkException($"the plugin '{type}' of the network '{network.Name}' did not end within {Patience.TotalSeconds} s of {command}");
        }
    }

    // A file that may not be run, is no program, or is being written: the network's fault, at DEL as at ADD.
    private static Process Start(ProcessStartInfo start, NetworkConfiguration network, string type)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new NetworkException(
                $"the plugin '{type}' of the network '{network.Name}' cannot be run: {start.FileName}: {LibC.Describe(failure.NativeErrorCode)}", failure);
        }
    }

    private static JsonObject Input(NetworkConfiguration network, JsonObject plugin, PluginCall call, JsonObject? previous)
    {
        var input = (JsonObject)plugin.DeepClone();
        input["name"] = network.Name;
        input["cniVersion"] = network.CniVersion;
        var arguments = input["args"] as JsonObject ?? [];
        foreach (var (name, value) in call.Arguments)
        {
            arguments[name] = value?.DeepClone();
        }

        input["args"] = arguments.Parent is null ? arguments : arguments.DeepClone();
        if (call.PortMappings.Count > 0 && input["capabilities"] is JsonObject capabilities
            && capabilities["portMappings"] is JsonValue declared && declared.TryGetValue<bool>(out var wanted) && wanted)
        {
            input["runtimeConfig"] = new JsonObject { ["portMappings"] = call.PortMappings.DeepClone() };
        }

        if (previous is not null)
        {
            input["prevResult"] = previous.DeepClone();
        }

        return input;
    }

    private static async Task WriteAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The plugin ended without reading: its exit status and its words say why.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, int limit, CancellationToken cancellationToken)
    {
        var buffer = new char[4096];
        var text = new System.Text.StringBuilder();
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            // The rest is read and dropped, so that the plugin can end.
            text.Append(buffer, 0, Math.Min(count, limit - text.Length));
        }

        return text.ToString();
    }

    private static NetworkException Failure(
        NetworkConfiguration network, string type, string command, string output, string error, int code)
    {
        var said = error.Trim();
        try
        {
            if (Parse(output) is { } json)
            {
                said = $"{NetworkConfiguration.Text(json, "msg")} {NetworkConfiguration.Text(json, "details")}".Trim();
            }
        }
        catch (NetworkException)
        {
            said = output.Trim();
        }

        said = said.Length > MaxMessageCharacters ? said[^MaxMessageCharacters..] : said;
        return new NetworkException(
            $"the plugin '{type}' of the network '{network.Name}' failed at {command}: {(said.Length > 0 ? said : $"exit status {code}")}");
    }

    private static JsonObject? Parse(string output)
    {
        if (string.IsNullOrWhiteSpace(output))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(output) as JsonObject ?? throw new NetworkException("a plugin's answer is not a JSON object");
        }
        catch (JsonException exception)
        {
            throw new NetworkException($"a plugin's answer is not JSON: {exception.Message}", exception);
        }
    }
}
