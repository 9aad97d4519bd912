namespace Plenum.Metronome.Shell;

/// <summary>The scheduler ended before the request was carried out, or while it was: ask again after its restart.</summary>
internal sealed class MetronomeStoppedException()
    : Exception("the job scheduler is stopping; whether the change was made is known after its restart");
