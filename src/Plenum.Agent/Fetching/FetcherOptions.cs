namespace Plenum.Agent.Fetching;

/// <summary>Bounds of the fetcher.</summary>
internal sealed record FetcherOptions
{
    public static FetcherOptions For(AgentOptions agent) => new()
    {
        CacheDirectory = Path.Combine(agent.WorkDirectory, "fetch-cache"),
        MinimumFreeBytes = agent.MinimumFreeBytes,
        EnforceDiskQuota = agent.Limits.EnforceDiskQuota,
    };

    /// <summary>Where cached downloads live; emptied when the agent starts, since their freshness is unknown by then.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>Mesos' default size of the cache.</summary>
    public long CacheBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>A download that brings no byte for this long has failed; Mesos' default.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The largest single file, and all that is in one archive: a bound against a runaway server and packed nothing, above any
    /// known package.
    /// </summary>
    public long MaxFileBytes { get; init; } = 32L * 1024 * 1024 * 1024;

    /// <summary>Bytes of the disk that fetching leaves free: with less no container is started anyway.</summary>
    public long MinimumFreeBytes { get; init; }

    /// <summary>A task that asks for less disk than its files take fails before they fill it, instead of after.</summary>
    public bool EnforceDiskQuota { get; init; }

    /// <summary>Redirects followed for one URI.</summary>
    public int MaxRedirects { get; init; } = 10;
}
