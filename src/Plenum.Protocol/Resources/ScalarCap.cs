namespace Plenum.Protocol.Resources;

/// <summary>How many thousandths of one scalar entry may stay.</summary>
public delegate long ScalarCap(in ResourceEntry entry);
