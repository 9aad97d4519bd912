namespace Plenum.Master.Loop;

/// <summary>The master no longer takes commands; the caller tries again at the next leader.</summary>
internal sealed class MasterStoppedException() : Exception("The master has stopped.");
