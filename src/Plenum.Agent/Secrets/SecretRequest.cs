namespace Plenum.Agent.Secrets;

/// <summary>What a task refers to.</summary>
/// <param name="Name">As the task wrote it, for example db/password.</param>
/// <param name="Key">One of several values under that name; null: the name has one.</param>
/// <param name="Task">Name of the task that asks; a store decides by it who may read what.</param>
internal sealed record SecretRequest(string Name, string? Key, string Task);
