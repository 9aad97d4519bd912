using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

internal enum MoveKind
{
    Group,
    Pod,
    App,
}

internal enum MoveState
{
    Same,
    New,
    Changed,

    /// <summary>Runs here and not at the source: left alone.</summary>
    OnlyHere,
}

internal enum MoveOutcome
{
    /// <summary>Not asked for yet, or nothing to ask for.</summary>
    None,
    Done,

    /// <summary>The server said no; the message says why.</summary>
    Refused,

    /// <summary>A running deployment held it for longer than the import was told to wait.</summary>
    Locked,
}

/// <summary>One group, app or pod of a move: what differs, what is sent, and what came of it.</summary>
internal sealed class MoveItem(MoveKind kind, string id, MoveState state, JsonObject body)
{
    public MoveKind Kind { get; } = kind;

    public string Id { get; } = id;

    public MoveState State { get; } = state;

    /// <summary>What is sent to the server.</summary>
    public JsonObject Body { get; } = body;

    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>What a person should know before it runs here.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public MoveOutcome Outcome { get; private set; }

    public string Message { get; private set; } = "";

    public bool IsWork => State is MoveState.New or MoveState.Changed;

    public void End(MoveOutcome outcome, string message = "") => (Outcome, Message) = (outcome, message);
}
