namespace Plenum.Agent.Tests.Server;

/// <summary>How long a test waits for an event before it says that the event did not come.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static CancellationToken Token() => new CancellationTokenSource(Limit).Token;
}
