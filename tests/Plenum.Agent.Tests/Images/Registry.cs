using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Plenum.Agent.Tests.Images;

/// <summary>Debian's docker-registry on a free port of the loopback.</summary>
internal sealed class Registry : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private Registry(Process process, string directory, string host)
    {
        _process = process;
        _directory = directory;
        Host = host;
    }

    public string Host { get; }

    /// <summary>User and password of a registry that asks for them, and their bcrypt line.</summary>
    public const string Credentials = "somebody:open sesame";

    private const string PasswordFile = "somebody:$2b$04$LWDpDvHaLrTEbOOGd2A9muoA5oHBsUwwePXnkLIIBlixqspauGOrC\n";

    /// <param name="guarded">It asks for <see cref="Credentials"/> itself.</param>
    /// <param name="tokens">It asks for a token of this server.</param>
    /// <param name="certificate">It speaks TLS with this.</param>
    public static async Task<Registry> StartAsync(bool guarded = false, TokenServer? tokens = null, TestCertificate? certificate = null)
    {
        var directory = Directory.CreateTempSubdirectory("plenum-registry-").FullName;
        var port = FreePort();
        var config = Path.Join(directory, "config.yml");
        await File.WriteAllTextAsync(
            config,
            $"""
             version: 0.1
             log: {"{level: info}"}
             storage: {"{filesystem: {rootdirectory: " + directory + "/data}}"}
             http: {"{addr: \"127.0.0.1:" + port + "\"" + (certificate is null ? "}" : ", tls: {certificate: " + directory + "/tls.pem, key: " + directory + "/tls.key}}")}
             {(guarded ? "auth: {htpasswd: {realm: test, path: " + directory + "/users}}" : "")}
             {(tokens is null ? "" : "auth: {token: {realm: \"" + tokens.Address + "\", service: plenum-test, issuer: plenum-test, rootcertbundle: " + directory + "/tokens.pem}}")}
             """);
        if (certificate is not null)
        {
            await File.WriteAllTextAsync(Path.Join(directory, "tls.pem"), certificate.Pem);
            await File.WriteAllTextAsync(Path.Join(directory, "tls.key"), certificate.KeyPem);
        }

        if (tokens is not null)
        {
            await File.WriteAllTextAsync(Path.Join(directory, "tokens.pem"), tokens.CertificatePem);
        }
        await File.WriteAllTextAsync(Path.Join(directory, "users"), PasswordFile);
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("docker-registry", ["serve", config])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            },
        };
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, line) => Look(line.Data);
        process.OutputDataReceived += (_, line) => Look(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await listening.Task.WaitAsync(TimeSpan.FromMinutes(2));
        return new Registry(process, directory, $"127.0.0.1:{port}");

        void Look(string? line)
        {
            if (line?.Contains("listening on", StringComparison.Ordinal) ?? false)
            {
                listening.TrySetResult();
            }
        }
    }

    /// <param name="format">What the registry is to keep: oci or v2s2, which is Docker's.</param>
    public async Task PushAsync(string layout, string name, string format = "oci")
    {
        using var skopeo = Process.Start(
            "skopeo",
            [
                "copy", "--quiet", "--insecure-policy", "--format", format, "--dest-tls-verify=false", "--dest-creds", Credentials,
                $"oci:{layout}", $"docker://{Host}/{name}",
            ]);
        await skopeo.WaitForExitAsync();
        skopeo.ExitCode.ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
