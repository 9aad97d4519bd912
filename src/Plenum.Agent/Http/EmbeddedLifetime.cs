using Microsoft.Extensions.Hosting;

namespace Plenum.Agent.Http;

/// <summary>
/// The process belongs to whoever started this role, possibly beside others: the web host must not take
/// its signals.
/// </summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
