using Plenum.Protocol.V1;

namespace Plenum.Protocol.Identity;

/// <summary>Identity of an offer: <c>&lt;master uuid&gt;-O&lt;n&gt;</c>.</summary>
public readonly record struct OfferId(string Value) : IComparable<OfferId>
{
    public static implicit operator OfferId(OfferID wire) => new(wire.Value);

    public OfferID ToWire() => new() { Value = Value };

    /// <summary>Ordinal order, so that every node sorts alike.</summary>
    public int CompareTo(OfferId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
