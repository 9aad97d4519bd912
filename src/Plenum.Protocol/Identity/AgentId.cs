using Plenum.Protocol.V1;

namespace Plenum.Protocol.Identity;

/// <summary>Identity of an agent: <c>&lt;master uuid&gt;-S&lt;n&gt;</c>.</summary>
public readonly record struct AgentId(string Value) : IComparable<AgentId>
{
    public static implicit operator AgentId(AgentID wire) => new(wire.Value);

    public AgentID ToWire() => new() { Value = Value };

    /// <summary>Ordinal order, so that every node sorts alike.</summary>
    public int CompareTo(AgentId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
