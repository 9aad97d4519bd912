using Plenum.Protocol.V1;

namespace Plenum.Protocol.Identity;

/// <summary>Identity of a framework: <c>&lt;master uuid&gt;-NNNN</c> when the master made it.</summary>
public readonly record struct FrameworkId(string Value) : IComparable<FrameworkId>
{
    public static implicit operator FrameworkId(FrameworkID wire) => new(wire.Value);

    public FrameworkID ToWire() => new() { Value = Value };

    /// <summary>Ordinal order, so that every node sorts alike.</summary>
    public int CompareTo(FrameworkId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
