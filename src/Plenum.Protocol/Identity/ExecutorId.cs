using Plenum.Protocol.V1;

namespace Plenum.Protocol.Identity;

/// <summary>Identity of an executor, chosen by its framework and unique per framework and agent.</summary>
public readonly record struct ExecutorId(string Value) : IComparable<ExecutorId>
{
    public static implicit operator ExecutorId(ExecutorID wire) => new(wire.Value);

    public ExecutorID ToWire() => new() { Value = Value };

    /// <summary>Ordinal order, so that every node sorts alike.</summary>
    public int CompareTo(ExecutorId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
