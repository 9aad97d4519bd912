using System.CommandLine;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Moving;

/// <summary>
/// How a Marathon elsewhere is reached: who asks, and whom to believe. Passwords and tokens come from the environment or a
/// file, because every user of the machine can read a command line.
/// </summary>
internal sealed class SourceAccess
{
    private const string PasswordVariable = "PLENUM_IMPORT_PASSWORD";
    private const string TokenVariable = "PLENUM_IMPORT_TOKEN";

    // Marathon takes tens of seconds to print 10,000 apps.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(5);

    // A token of DC/OS is below 2 KB.
    private const int MaximumSecret = 64 * 1024;

    private readonly Option<string?> _user = new("--user")
    {
        Description = $"Name for basic authentication; the password is {PasswordVariable} or --password-file.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _passwordFile = new("--password-file") { Description = "File with the password.", HelpName = "FILE" };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = $"File with a DC/OS token; else {TokenVariable}.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _authority = new("--ca") { Description = "PEM file of the authority that signed the source's certificate.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Options.Add(_user);
        command.Options.Add(_passwordFile);
        command.Options.Add(_tokenFile);
        command.Options.Add(_authority);
    }

    public static bool IsAddress(string source) =>
        source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    public async Task<Inventory> ReadAsync(string source, ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(source.TrimEnd('/') + "/", UriKind.Absolute, out var address))
        {
            throw new CommandFailure(ExitCodes.Usage, "the source is not an http address", "write it like http://marathon.example:8080");
        }
        if (address.UserInfo.Length > 0)
        {
            throw new CommandFailure(
                ExitCodes.Usage, "the address holds a name and a password, which others can read", $"use --user, and {PasswordVariable} or --password-file");
        }
        using var http = Client(arguments.GetValue(_authority));
        var credentials = Credentials(arguments, run.Host.Environment);
        if (credentials is not null)
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", credentials);
            if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
            {
                run.Display.Note("the source is asked without TLS: the password or token can be read on the way");
            }
        }
        try
        {
            return await new LiveMarathon(new ApiClient(http, address, AnswerTimeout)).ReadAsync(dropDefaultRole: true, cancellationToken);
        }
        catch (CommandFailure failure)
        {
            throw new CommandFailure(
                failure.ExitCode,
                $"the source {address.GetLeftPart(UriPartial.Authority)} could not be read: {failure.Message}",
                "is the address right, and does it need --user, --token-file or --ca?");
        }
    }

    private string? Credentials(ParseResult arguments, Func<string, string?> environment)
    {
        if (arguments.GetValue(_user) is { } user)
        {
            var password = arguments.GetValue(_passwordFile) is { } file ? Secret(file) : environment(PasswordVariable);
            return password is null
                ? throw new CommandFailure(ExitCodes.Usage, "--user needs a password", $"set {PasswordVariable} or give --password-file")
                : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))).ToString();
        }
        var token = arguments.GetValue(_tokenFile) is { } tokenFile ? Secret(tokenFile) : environment(TokenVariable);
        // As DC/OS' admin router wants it: no scheme, a pair.
        return string.IsNullOrEmpty(token) ? null : "token=" + token;
    }

    private static string Secret(string file)
    {
        try
        {
            if (new FileInfo(file).Length > MaximumSecret)
            {
                throw new CommandFailure(ExitCodes.Usage, $"{file} is too large to be a password or token");
            }
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Usage, $"{file} cannot be read: {e.Message}");
        }
    }

    private static HttpClient Client(string? authority)
    {
        // A redirect would carry the credentials to where it leads; a Marathon that does not lead answers for the leader.
        var handler = ClusterHttp.Handler();
        handler.AllowAutoRedirect = false;
        if (authority is not null)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                // A private authority seldom says where its revocations are.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            try
            {
                policy.CustomTrustStore.ImportFromPemFile(authority);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new CommandFailure(ExitCodes.Usage, $"{authority} cannot be read as certificates: {e.Message}");
            }
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }
        return ClusterHttp.Create(handler);
    }
}
