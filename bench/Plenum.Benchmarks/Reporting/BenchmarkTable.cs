using System.Globalization;

namespace Plenum.Benchmarks.Reporting;

/// <summary>One aligned row a figure, written as soon as it is known.</summary>
internal sealed class BenchmarkTable(TextWriter output)
{
    private const int WhatWidth = 72;
    private const int FigureWidth = 16;

    public void Head() => Line("what", "measured", "target", "reached");

    public void Add(BenchmarkRow row) => Line(
        row.What,
        Figure(row.Measured, row.Unit),
        row.Target is { } target ? $"{(row.LowerIsBetter ? "<=" : ">=")} {Figure(target, row.Unit)}" : "-",
        row.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "-");

    private static string Figure(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{(value >= 100 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("0.##", CultureInfo.InvariantCulture))} {unit}");

    private void Line(string what, string measured, string target, string ratio) =>
        output.WriteLine($"{what.PadRight(WhatWidth)} {measured,FigureWidth} {target,FigureWidth + 3} {ratio,8}");
}
