using Microsoft.Extensions.Logging;
using Plenum.Agent.Fetching;
using Plenum.Agent.Launching;

namespace Plenum.Agent;

/// <summary>What brings URIs into sandboxes.</summary>
internal static class FetchChoice
{
    public static Fetching Create(AgentOptions options, TimeProvider clock, ILoggerFactory loggers) =>
        new(static (uris, _, _, _) => throw new FetchException($"{uris[0].Value} cannot be fetched: this agent has no fetcher"), static () => { });

    internal sealed record Fetching(UriFetch Fetch, Action Dispose);
}
