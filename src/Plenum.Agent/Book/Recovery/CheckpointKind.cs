namespace Plenum.Agent.Book.Recovery;

internal enum CheckpointKind
{
    None,
    Agent,
    Framework,
    Executor,
    Task,
}
