namespace Plenum.Marathon.Health;

/// <summary>What a probe found out. Exactly one of a status (HTTP), a connection (TCP) or an error.</summary>
internal sealed record ProbeOutcome
{
    /// <summary>null when no answer came.</summary>
    public int? HttpStatus { get; init; }

    public bool Connected { get; init; }

    /// <summary>Why no answer came.</summary>
    public string? Error { get; init; }

    public string ContentType { get; init; } = "text/plain";

    public string Body { get; init; } = "";
}
