namespace Plenum.Agent.Tests.Server;

/// <summary>The machine's time, but for a wall clock that the test sets, and for what it lets pass at once.</summary>
internal sealed class SetClock : TimeProvider
{
    private long _stepped;
    private long _passed;

    /// <summary>Both clocks go on; timers do not.</summary>
    public void Pass(TimeSpan by)
    {
        Interlocked.Add(ref _passed, (long)(by.TotalSeconds * TimestampFrequency));
        Step(by);
    }

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _passed);

    public void Step(TimeSpan by) => Interlocked.Add(ref _stepped, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _stepped));
}
