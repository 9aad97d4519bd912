namespace Plenum.Agent.Fetching;

/// <summary>A URI of a task could not be fetched. The message names the URI, without its credentials, and the reason.</summary>
internal sealed class FetchException(string message, Exception? cause = null) : Exception(message, cause);
