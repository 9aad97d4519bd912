namespace Plenum.Agent.Book;

/// <summary>Name of one container on one agent: a UUID in text form, never used again.</summary>
public readonly record struct ContainerId(string Value)
{
    public override string ToString() => Value;
}
