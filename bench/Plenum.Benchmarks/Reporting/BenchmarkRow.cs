namespace Plenum.Benchmarks.Reporting;

/// <summary>One figure. Without a target it is there to be compared with an earlier run of itself.</summary>
internal sealed record BenchmarkRow(string What, double Measured, string Unit, double? Target = null, bool LowerIsBetter = false)
{
    /// <summary>How far the target is reached: 1 and more is enough, whichever way the figure counts.</summary>
    public double? Ratio => Target is { } target && Measured > 0
        ? LowerIsBetter ? target / Measured : Measured / target
        : null;
}
