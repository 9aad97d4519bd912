namespace Plenum.Agent.Native;

/// <summary>A program to start with exact file descriptors.</summary>
internal sealed record SpawnRequest
{
    /// <summary>Absolute path: there is no search.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments without argv[0], which is the program.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>The child's descriptor number and the descriptor it is a copy of; everything else is closed.</summary>
    public IReadOnlyList<(int Target, int Source)> Descriptors { get; init; } = [];

    /// <summary>
    /// A terminal device that becomes descriptors 0 to 2 and the controlling terminal; needs
    /// <see cref="NewSession"/>, since only the leader of a session gets one by opening it.
    /// </summary>
    public string? Terminal { get; init; }

    public bool NewSession { get; init; }
}
