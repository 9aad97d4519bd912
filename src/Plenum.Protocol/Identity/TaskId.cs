using Plenum.Protocol.V1;

namespace Plenum.Protocol.Identity;

/// <summary>Identity of a task, chosen by its framework and unique among the active tasks of that framework.</summary>
public readonly record struct TaskId(string Value) : IComparable<TaskId>
{
    public static implicit operator TaskId(TaskID wire) => new(wire.Value);

    public TaskID ToWire() => new() { Value = Value };

    /// <summary>Ordinal order, so that every node sorts alike.</summary>
    public int CompareTo(TaskId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
