namespace Plenum.Agent.Containers;

/// <summary>
/// What to run, in the words of the wire's CommandInfo: with <see cref="Shell"/> the value goes to
/// /bin/sh -c; without, the value is the program and the arguments are argv, argv[0] included; without a
/// value the image's entry point runs with the arguments in the place of its own.
/// </summary>
internal sealed record ContainerCommand
{
    public bool Shell { get; init; } = true;

    public string? Value { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// As docker reads them, arguments are the whole command where the image has no entry point; as Mesos' own runtime
    /// reads them, the first word of the image's command stays.
    /// </summary>
    public bool ArgumentsReplaceCommand { get; init; }

    /// <summary>
    /// The whole environment: nothing of the agent's own is passed on. PATH is added when missing,
    /// MESOS_SANDBOX always, since only the runtime knows where the sandbox appears. Values may be secret and
    /// are never logged.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of variables whose values must stay in the container's memory alone.</summary>
    public IReadOnlySet<string> SecretVariables { get; init; } = new HashSet<string>();

    /// <summary>User name or number; null: root, or the agent's own user where the agent is not root.</summary>
    public string? User { get; init; }

    /// <summary>Absolute, in the container's own view; null: the image's, else the sandbox.</summary>
    public string? WorkingDirectory { get; init; }
}
