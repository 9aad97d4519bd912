namespace Plenum.Server;

/// <summary>
/// Exit codes of plenumd, from the BSD sysexits range. The supervisor does not try again after one of
/// 64 to 78: each of these means that a person has to change something first.
/// </summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>An exception nobody foresaw; the log has it. Starting again may help.</summary>
    public const int Crashed = 1;

    /// <summary>An option that does not parse or is refused.</summary>
    public const int Usage = 64;

    /// <summary>A program or a state directory of this machine cannot be used.</summary>
    public const int Unavailable = 69;

    /// <summary>The state directory cannot be created or written, or another master holds it.</summary>
    public const int State = 73;

    /// <summary>A port is taken.</summary>
    public const int Port = 75;

    /// <summary>The disk is full. Outside the range above: the supervisor tries again until there is room.</summary>
    public const int DiskFull = 79;
}
