namespace Plenum.Agent.Containers.Oci;

/// <summary>The process part of an OCI configuration.</summary>
internal sealed record OciProcess
{
    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required UserAccount User { get; init; }

    public required CapabilitySets Capabilities { get; init; }

    /// <summary>Set-user-id programs and file capabilities count.</summary>
    public bool NewPrivileges { get; init; }

    public IReadOnlyList<OciResourceLimit> ResourceLimits { get; init; } = [];

    /// <summary>Null: as the agent's own.</summary>
    public int? OomScoreAdjustment { get; init; }

    public TerminalSize? Terminal { get; init; }
}
