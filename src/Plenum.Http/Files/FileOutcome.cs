namespace Plenum.Http.Files;

/// <summary>What became of the wish to read a file.</summary>
public enum FileOutcome
{
    Found,

    /// <summary>Nothing is there, or nothing that may be shown.</summary>
    Missing,

    /// <summary>Directories are browsed, not read.</summary>
    Directory,
}
