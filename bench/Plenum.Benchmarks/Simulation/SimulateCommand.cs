using System.Diagnostics;
using System.Globalization;
using Plenum.Simulation;

namespace Plenum.Benchmarks.Simulation;

/// <summary>
/// <c>simulate --seeds N [--from N]</c> runs that many clusters and counts; <c>simulate --seed N</c> runs one and
/// prints its last steps; <c>--operator</c> at the end adds an operator. Not a figure with a target, so it is no row of the table.
/// </summary>
internal static class SimulateCommand
{
    private const ulong DefaultSeeds = 1_000;

    /// <summary>Failures printed in full; the seeds of further ones are still counted.</summary>
    private const int FailuresShown = 5;

    /// <summary>Steps printed of a single run: enough for all of them, where a run has some ten thousand.</summary>
    private const int StepsShown = 200_000;

    public static int Run(string[] args, TextWriter output)
    {
        var hasOperator = args is [.., "--operator"];
        if (!TryRead(hasOperator ? args[..^1] : args, out var from, out var count, out var single))
        {
            output.WriteLine("Usage: simulate [--seeds N] [--from N] [--operator] | simulate --seed N [--operator]");
            return 64;
        }

        return single is { } seed ? RunOne(seed, hasOperator, output) : RunMany(from, count, hasOperator, output);
    }

    private static int RunOne(ulong seed, bool hasOperator, TextWriter output)
    {
        var result = Simulator.Run(seed, new SimulationOptions { TraceLength = StepsShown, HasOperator = hasOperator });
        output.WriteLine(result);
        if (result.Succeeded)
        {
            output.WriteLine(string.Join(Environment.NewLine, result.Trace));
        }

        return result.Succeeded ? 0 : 1;
    }

    private static int RunMany(ulong from, ulong count, bool hasOperator, TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var failed = new List<ulong>();
        long steps = 0;
        long failovers = 0;
        var options = new SimulationOptions { HasOperator = hasOperator };
        for (var seed = from; seed < from + count; seed++)
        {
            var result = Simulator.Run(seed, options);
            steps += result.Steps;
            failovers += result.MasterFailovers;
            if (!result.Succeeded)
            {
                failed.Add(seed);
                if (failed.Count <= FailuresShown)
                {
                    output.WriteLine(result);
                }
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seeds {from} to {from + count - 1}: {failed.Count} failed, {steps:N0} steps, {failovers:N0} failovers, {watch.Elapsed.TotalSeconds:0.0} s"));
        if (failed.Count == 0)
        {
            return 0;
        }

        output.WriteLine($"failed: {string.Join(' ', failed)}");
        return 1;
    }

    private static bool TryRead(string[] args, out ulong from, out ulong count, out ulong? single)
    {
        (from, count, single) = (1, DefaultSeeds, null);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !ulong.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            switch (args[i])
            {
                case "--seeds": count = number; break;
                case "--from": from = number; break;
                case "--seed": single = number; break;
                default: return false;
            }
        }

        return true;
    }
}
