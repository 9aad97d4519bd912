namespace Plenum.Protocol.Resources;

/// <summary>Chooses entries of a set.</summary>
public delegate bool ResourceFilter(in ResourceEntry entry);
