using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Compatibility.Tests;

/// <summary>
/// One of the programs in <c>Clients/</c>, run by node with the public packages it needs. The packages are
/// installed once for each state of the lock file, under the checkout's <c>artifacts/</c>.
/// </summary>
internal sealed class NodeClient : IDisposable
{
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    /// <summary>Longest silence: these libraries wait up to 15 s before they try again.</summary>
    private static readonly TimeSpan LineLimit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _said = [];

    private NodeClient(Process process) => _process = process;

    public static async Task<NodeClient> StartAsync(string script, params string[] words)
    {
        var clients = await InstallAsync();
        var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(clients, script), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = clients,
        })!;
        process.StandardInput.Close();
        return new NodeClient(process);
    }

    /// <summary>The next thing the client said that is called <paramref name="what"/>; an error ends the test.</summary>
    public async Task<JsonElement> WaitAsync(string what, Func<JsonElement, bool>? fits = null)
    {
        while (await NextAsync() is { } said)
        {
            var name = said.GetProperty("what").GetString();
            name.ShouldNotBe("error", said.ToString());
            if (name == what && (fits is null || fits(said)))
            {
                return said;
            }
        }

        var error = await _process.StandardError.ReadToEndAsync();
        throw new InvalidOperationException($"the client ended without '{what}'; it said: {string.Join(" | ", _said)} {error}");
    }

    public async Task<int> ExitAsync()
    {
        while (await NextAsync() is { } said)
        {
            said.GetProperty("what").GetString().ShouldNotBe("error", said.ToString());
        }

        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<JsonElement?> NextAsync()
    {
        using var timeout = new CancellationTokenSource(LineLimit);
        while (await _process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            _said.Add(line.Length > 200 ? line[..200] : line);

            // The library logs beside what the script prints.
            if (line.StartsWith('{'))
            {
                return JsonDocument.Parse(line).RootElement;
            }
        }

        return null;
    }

    private static async Task<string> InstallAsync()
    {
        var source = Path.Combine(Repository.Root, "tests", "Plenum.Compatibility.Tests", "Clients");
        var files = Directory.GetFiles(source).Order(StringComparer.Ordinal).ToList();
        var hash = Convert.ToHexStringLower(SHA256.HashData(
            [.. files.SelectMany(file => File.ReadAllBytes(file))]))[..16];
        var target = Path.Combine(Repository.Root, "artifacts", "compatibility", hash);
        var done = Path.Combine(target, "installed");
        if (File.Exists(done))
        {
            return target;
        }

        Directory.CreateDirectory(target);
        files.ForEach(file => File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true));
        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = target,
        })!;
        var output = npm.StandardOutput.ReadToEndAsync();
        var error = npm.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(InstallLimit);
        await npm.WaitForExitAsync(timeout.Token);
        npm.ExitCode.ShouldBe(0, await output + await error);
        await File.WriteAllTextAsync(done, "", CancellationToken.None);
        return target;
    }
}
