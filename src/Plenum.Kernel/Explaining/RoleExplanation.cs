namespace Plenum.Kernel.Explaining;

/// <summary>How a framework stands in one of its roles.</summary>
public sealed record RoleExplanation
{
    public required string Role { get; init; }

    /// <summary>By its own wish it gets no offers for the role.</summary>
    public required bool Suppressed { get; init; }

    public required double Weight { get; init; }

    /// <summary>Dominant share of the framework in its role.</summary>
    public required double Share { get; init; }

    /// <summary>Frameworks that are served before it; null where the lot decides or it gets no offers.</summary>
    public required int? Before { get; init; }

    /// <summary>Offers of the role it has not answered.</summary>
    public required int Offers { get; init; }

    /// <summary>Agents by what keeps their free resources from the framework.</summary>
    public required IReadOnlyDictionary<OfferObstacle, int> Agents { get; init; }
}
