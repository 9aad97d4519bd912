using Plenum.Protocol.V1;

namespace Plenum.Agent.Containers;

/// <summary>A container's identity: its own name below its parent's, as in the wire's ContainerID.</summary>
internal sealed record ContainerKey
{
    /// <summary>Length bound of the wire; with the depth bound it keeps cgroup and socket paths legal.</summary>
    public const int MaxValueLength = 242;

    /// <summary>Kernel limit on nested pid namespaces; Mesos documents the same number.</summary>
    public const int MaxDepth = 32;

    public ContainerKey(string value, ContainerKey? parent = null)
    {
        if (!IsValid(value) || (parent?.Depth ?? 0) >= MaxDepth)
        {
            throw new ArgumentException($"'{value}' is no container id", nameof(value));
        }
        Value = value;
        Parent = parent;
        Name = parent is null ? value : $"{parent.Name}.{value}";
    }

    public string Value { get; }

    public ContainerKey? Parent { get; }

    /// <summary>The whole path in one word. The values hold no dot, so that it is unique.</summary>
    public string Name { get; }

    public ContainerKey Root => Parent is null ? this : Parent.Root;

    public int Depth => Parent is null ? 1 : Parent.Depth + 1;

    public static ContainerKey FromWire(ContainerID wire) =>
        new(wire.Value, wire.Parent is null ? null : FromWire(wire.Parent));

    public static bool IsValid(string value) =>
        value.Length is > 0 and <= MaxValueLength
        && value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ':' or '@' or '+');

    public static ContainerKey ParseName(string name) =>
        name.Split('.').Aggregate((ContainerKey?)null, static (parent, value) => new ContainerKey(value, parent))!;

    public ContainerID ToWire()
    {
        var wire = new ContainerID { Value = Value };
        if (Parent is not null)
        {
            wire.Parent = Parent.ToWire();
        }
        return wire;
    }

    public bool IsWithin(ContainerKey ancestor) => Equals(ancestor) || (Parent?.IsWithin(ancestor) ?? false);

    public override string ToString() => Name;
}
