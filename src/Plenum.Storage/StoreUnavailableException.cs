namespace Plenum.Storage;

/// <summary>The store cannot answer: disk full, file damaged, quorum lost. The text says what to do.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
