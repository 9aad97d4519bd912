using System.Diagnostics;
using System.Globalization;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// Clients that ask for one path again and again, in a process of their own: in the master's they would wait for its
/// threads, and their waiting would count as its.
/// </summary>
internal static class Pollers
{
    /// <summary>Starts a process with that many clients; the times of all their answers in milliseconds.</summary>
    public static async Task<List<double>> RunAsync(Uri master, string path, int clients, TimeSpan length)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            ArgumentList =
            {
                "poll",
                new Uri(master, path).ToString(),
                clients.ToString(CultureInfo.InvariantCulture),
                length.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            },
        };
        using var process = Process.Start(start)!;
        var times = new List<double>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            times.Add(double.Parse(line, CultureInfo.InvariantCulture));
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0 && times.Count > 0
            ? times
            : throw new InvalidOperationException($"The clients of {path} ended with {process.ExitCode} and {times.Count} answers");
    }

    /// <summary>What that process does: its words are the address, the number of clients and the seconds.</summary>
    public static async Task<int> PollAsync(string[] words, TextWriter output)
    {
        var address = new Uri(words[0]);
        using var http = new HttpClient { BaseAddress = address };
        await AskAsync(http, address);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(double.Parse(words[2], CultureInfo.InvariantCulture)));
        var clients = Enumerable.Range(0, int.Parse(words[1], CultureInfo.InvariantCulture));
        foreach (var time in (await Task.WhenAll(clients.Select(_ => PollAsync(http, address, stop.Token)))).SelectMany(static times => times))
        {
            await output.WriteLineAsync(time.ToString("0.###", CultureInfo.InvariantCulture));
        }

        return 0;
    }

    private static async Task<List<double>> PollAsync(HttpClient http, Uri address, CancellationToken stop)
    {
        var times = new List<double>();
        while (!stop.IsCancellationRequested)
        {
            times.Add(await AskAsync(http, address));
        }

        return times;
    }

    private static async Task<double> AskAsync(HttpClient http, Uri address)
    {
        var watch = Stopwatch.StartNew();
        using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
        return watch.Elapsed.TotalMilliseconds;
    }
}
