using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Tests.Fetching;

namespace Plenum.Agent.Tests.Images;

/// <summary>Gives whoever knows the password a token for what they want to do at a registry, as Docker's hub does.</summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private readonly TestCertificate _certificate;
    private readonly FileServer _server;

    private TokenServer(TestCertificate certificate, FileServer server)
    {
        _certificate = certificate;
        _server = server;
    }

    public Uri Address => new(_server.Address, "token");

    public string CertificatePem => _certificate.Pem;

    /// <summary>Requests so far.</summary>
    public int Asked => _server.Requests;

    public static async Task<TokenServer> StartAsync()
    {
        var certificate = new TestCertificate();
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Registry.Credentials));
        return new TokenServer(certificate, await FileServer.StartAsync(context =>
        {
            if (context.Request.Headers.Authorization != expected)
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return context.Response.WriteAsync("""{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}""");
            }

            return context.Response.WriteAsync(new JsonObject { ["token"] = TokenFor(certificate, context.Request.Query["scope"]) }.ToJsonString());
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    // A scope is "repository:NAME:ACTION,ACTION".
    private static string TokenFor(TestCertificate certificate, IEnumerable<string?> scopes)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var access = scopes.Select(static scope => scope!.Split(':')).Select(static JsonNode? (parts) => new JsonObject
        {
            ["type"] = parts[0],
            ["name"] = parts[1],
            ["actions"] = new JsonArray([.. parts[2].Split(',').Select(static JsonNode? (action) => action)]),
        });
        var head = new JsonObject
        {
            ["typ"] = "JWT", ["alg"] = "RS256", ["x5c"] = new JsonArray(Convert.ToBase64String(certificate.Raw)),
        };
        var claims = new JsonObject
        {
            ["iss"] = "plenum-test", ["aud"] = "plenum-test", ["sub"] = "somebody", ["jti"] = Guid.NewGuid().ToString(),
            ["iat"] = now, ["nbf"] = now - 60, ["exp"] = now + 3600, ["access"] = new JsonArray([.. access]),
        };
        var text = $"{Part(head)}.{Part(claims)}";
        return $"{text}.{Base64Url.EncodeToString(certificate.Sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
