namespace Plenum.Agent.Book;

/// <summary>
/// Result of one check. All of the first three are null when the check itself could not be carried
/// out or timed out; <paramref name="Problem"/> then says why.
/// </summary>
public sealed record CheckOutcome(int? ExitCode, int? HttpStatus, bool? Connected, string? Problem)
{
    public static CheckOutcome Exited(int code) => new(code, null, null, null);

    public static CheckOutcome Http(int status) => new(null, status, null, null);

    public static CheckOutcome Tcp(bool connected, string? problem = null) => new(null, null, connected, problem);

    public static CheckOutcome Failed(string problem) => new(null, null, null, problem);
}
