using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Api;

internal sealed record MarathonApiOptions
{
    /// <summary>Twenty times the largest group document known from the field (1000 apps, 1.8 MB).</summary>
    public int MaxBodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Marathon's own pace; marathon-lb gives a stream up after 300 s of silence.</summary>
    public TimeSpan EventHeartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Streams that may be open together; each costs a connection and a buffer of events.</summary>
    public int MaxEventStreams { get; init; } = 256;

    public DefinitionOptions Definitions { get; init; } = new();
}
