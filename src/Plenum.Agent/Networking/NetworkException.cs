namespace Plenum.Agent.Networking;

/// <summary>A network could not be given or taken back. The message is a sentence for the user.</summary>
internal sealed class NetworkException(string message, Exception? cause = null) : Exception(message, cause);
