using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>A service that waits for offers, since when, and how it went.</summary>
internal sealed class WaitingApp(PathId app, DateTimeOffset since)
{
    public PathId App { get; } = app;

    public DateTimeOffset Since { get; } = since;

    public OfferStatistics Statistics { get; } = new();
}
