namespace Plenum.Http.Diagnostics;

/// <summary>
/// A timer as Mesos publishes it: the newest duration under its name, and count, bounds and percentiles of the
/// durations of a sliding window beside it.
/// </summary>
public sealed class TimerWindow(string name, TimeSpan window, TimeProvider clock)
{
    /// <summary>Newest durations kept, as many as Mesos' time series keep.</summary>
    private const int Capacity = 1_000;

    private static readonly (string Name, double Part)[] Percentiles =
    [
        ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("p9999", 0.9999),
    ];

    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset At, double Milliseconds)> _values = new();
    private double? _last;

    public void Record(TimeSpan duration)
    {
        lock (_lock)
        {
            _last = duration.TotalMilliseconds;
            _values.Enqueue((clock.GetUtcNow(), duration.TotalMilliseconds));
            if (_values.Count > Capacity)
            {
                _values.Dequeue();
            }
        }
    }

    /// <summary>Nothing before the first duration: 0 would be a wrong one.</summary>
    public void Add(IDictionary<string, double> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        double[] sorted;
        double last;
        lock (_lock)
        {
            if (_last is not { } newest)
            {
                return;
            }

            last = newest;
            var from = clock.GetUtcNow() - window;
            while (_values.TryPeek(out var oldest) && oldest.At < from)
            {
                _values.Dequeue();
            }

            sorted = [.. _values.Select(static value => value.Milliseconds)];
        }

        all[name] = last;
        all[$"{name}/count"] = sorted.Length;
        if (sorted.Length == 0)
        {
            return;
        }

        Array.Sort(sorted);
        all[$"{name}/min"] = sorted[0];
        all[$"{name}/max"] = sorted[^1];
        foreach (var (percentile, part) in Percentiles)
        {
            all[$"{name}/{percentile}"] = At(sorted, part);
        }
    }

    /// <summary>Between two durations the line between them.</summary>
    private static double At(double[] sorted, double part)
    {
        var position = part * (sorted.Length - 1);
        var below = (int)position;
        return below + 1 < sorted.Length
            ? sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below]))
            : sorted[below];
    }
}
