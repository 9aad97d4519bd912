using System.Globalization;

namespace Plenum.Agent.Limits;

/// <summary>
/// Decides when lent resources are taken back, as Mesos' load controller does: while an average of the load is above its
/// threshold, every container with revocable resources goes.
/// </summary>
/// <param name="FiveMinutes">Threshold of the average over five minutes; null: it does not count.</param>
/// <param name="FifteenMinutes">The same over fifteen.</param>
public sealed record LoadPolicy(double? FiveMinutes, double? FifteenMinutes)
{
    public static readonly LoadPolicy None = new(null, null);

    public bool IsOff => FiveMinutes is null && FifteenMinutes is null;

    /// <summary>Why revocable containers end now, with the numbers; null: they go on.</summary>
    public string? Reason(LoadAverages load) =>
        Exceeds(load.FiveMinutes, FiveMinutes, "5 minutes") ?? Exceeds(load.FifteenMinutes, FifteenMinutes, "15 minutes");

    private static string? Exceeds(double load, double? threshold, string span) => load > threshold
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"Container preempted by QoS correction: the machine's load over {span} is {load:0.##}, its threshold is {threshold}")
        : null;
}
