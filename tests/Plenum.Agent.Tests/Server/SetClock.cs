namespace Plenum.Agent.Tests.Server;

/// <summary>The machine's time, but for a wall clock that the test sets.</summary>
internal sealed class SetClock : TimeProvider
{
    private long _stepped;

    public void Step(TimeSpan by) => Interlocked.Add(ref _stepped, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _stepped));
}
