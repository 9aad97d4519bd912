namespace Plenum.Marathon.Shell;

/// <summary>The orchestrator ended before the request was carried out, or while it was: ask again after its restart.</summary>
internal sealed class MarathonStoppedException() : Exception("the orchestrator is stopping; whether the change was made is known after its restart");
