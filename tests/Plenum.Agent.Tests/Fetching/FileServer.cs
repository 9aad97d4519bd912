using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Tests.Fetching;

/// <summary>A web server on a free port of the loopback that counts what it was asked for.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private FileServer(WebApplication application) => _application = application;

    public int Requests => _requests;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public static async Task<FileServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var server = new FileServer(application);
        application.Run(context =>
        {
            Interlocked.Increment(ref server._requests);
            return answer(context);
        });
        await application.StartAsync();
        server.Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();
}
