namespace Plenum.Marathon.Definitions;

/// <summary>
/// A check that the agent performs on one container. <paramref name="Check"/> holds its times, kind and path; the port
/// is that of an endpoint of the same container, known when the instance is placed.
/// </summary>
internal sealed record PodHealthCheck(HealthCheck Check)
{
    /// <summary>For HTTP and TCP.</summary>
    public string? Endpoint { get; init; }

    /// <summary>For a check that is a command.</summary>
    public PodCommand? Command { get; init; }
}
