using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace Plenum.Benchmarks.Soak;

/// <summary>
/// <c>soak [--minutes N] [--seed N]</c>: a cluster's life in simulated time, an hour unless told otherwise, with every
/// kind of coming and going in it. After each tenth the live heap is printed; it fails when the heap at the end is above
/// the one after a third, when all histories are full, by more than the bound below.
/// </summary>
internal static class SoakCommand
{
    private const int DefaultMinutes = 60;
    private const int Tenths = 10;

    /// <summary>
    /// The heap breathes with what runs at the moment of the measurement, some percent of it. A leak of one object for each
    /// task of the hour's later two thirds (some 150,000 lives) would be above 10 MB.
    /// </summary>
    private const double AllowedGrowth = 0.10;

    public static int Run(string[] args, TextWriter output)
    {
        var (minutes, seed) = (DefaultMinutes, 1);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var number) || number < 1)
            {
                return Usage(output);
            }

            switch (args[i])
            {
                case "--minutes": minutes = number; break;
                case "--seed": seed = number; break;
                default: return Usage(output);
            }
        }

        var world = new SoakWorld(seed);
        var watch = Stopwatch.StartNew();
        var heap = new long[Tenths + 1];
        for (var tenth = 1; tenth <= Tenths; tenth++)
        {
            world.Run(TimeSpan.FromSeconds(minutes * 60.0 / Tenths));
            heap[tenth] = LiveBytes();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{tenth * 10,3} %  {heap[tenth] / 1e6,8:0.00} MB  {watch.Elapsed.TotalSeconds,6:0.0} s  {world.Describe()}"));
        }

        // Three measurements each, from the first after a third on and at the end: one alone breathes by a tenth.
        var (third, end) = (heap[4..7].Average(), heap[^3..].Average());
        var growth = (end - third) / third;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {seed}, {minutes} minutes of cluster life: from {third / 1e6:0.00} MB to {end / 1e6:0.00} MB, {growth:+0.0%;-0.0%} (allowed +{AllowedGrowth:0%})"));
        return growth > AllowedGrowth ? 1 : 0;
    }

    private static int Usage(TextWriter output)
    {
        output.WriteLine("Usage: soak [--minutes N] [--seed N]");
        return 64;
    }

    private static long LiveBytes()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
