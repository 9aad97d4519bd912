using System.Diagnostics;
using System.Globalization;
using Plenum.Benchmarks.Kernel;
using Plenum.Benchmarks.Reporting;
using Plenum.Protocol.Link.V1;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// A new leader with everything in it: it opens the registry that the one before left on disk, and every agent links
/// over loopback and brings ten tasks. It counts from the start of the new leader until the last agent was answered.
/// </summary>
internal static class LinkedFailover
{
    private const int TasksPerAgent = 10;
    private const int FrameworkCount = 10;

    // 20,000 would be 40,000 open sockets in one process; many machines, and those this was written on, allow fewer.
    private static readonly int[] Sizes = [2_000, 4_000, 8_000];

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        var measured = new List<double>();
        foreach (var agents in Sizes)
        {
            measured.Add(await ReturnAsync(agents));
            yield return new BenchmarkRow(
                string.Create(CultureInfo.InvariantCulture, $"failover with sockets and store: {agents:N0} agents, {TasksPerAgent} tasks each"),
                measured[^1],
                "s");
        }

        yield return new BenchmarkRow(
            "failover with sockets and store: exponent of the growth over these sizes",
            Math.Log(measured[^1] / measured[0]) / Math.Log((double)Sizes[^1] / Sizes[0]),
            string.Empty);
    }

    private static async Task<double> ReturnAsync(int agents)
    {
        var directory = Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        try
        {
            var messages = new LargeCluster();
            var ids = new string[agents];
            await using (var before = await MasterUnderLoad.StartAsync(0, CancellationToken.None, directory))
            {
                for (var i = 0; i < FrameworkCount; i++)
                {
                    await using var framework = await LoadFramework.StartAsync(before.Address, staying: 0, CancellationToken.None, maxUnderWay: 0);
                    messages.Frameworks.Add(await framework.Subscribed);
                }

                await before.LinkAsync(
                    agents,
                    async (links, number, stop) =>
                    {
                        var agent = await LoadAgent.RegisterAsync(links, Message(messages.Registration(number, tasks: 0)), stop);
                        ids[number] = (await agent.Registered.WaitAsync(stop)).Value;
                        return agent;
                    },
                    CancellationToken.None);
            }

            var registrations = ids.Select((id, number) => Message(messages.Registration(number, TasksPerAgent, id))).ToArray();
            var clock = Stopwatch.StartNew();
            await using var after = await MasterUnderLoad.StartAsync(0, CancellationToken.None, directory);
            await after.LinkAsync(
                agents,
                async (links, number, stop) =>
                {
                    var agent = await LoadAgent.RegisterAsync(links, registrations[number], stop);
                    var id = (await agent.Registered.WaitAsync(stop)).Value;
                    return string.Equals(id, ids[number], StringComparison.Ordinal)
                        ? agent
                        : throw new InvalidOperationException($"agent {ids[number]} came back as {id}");
                },
                CancellationToken.None);
            return clock.Elapsed.TotalSeconds;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static byte[] Message(byte[] registration) =>
        Google.Protobuf.MessageExtensions.ToByteArray(
            new AgentMessage { Register = AgentMessage.Types.Register.Parser.ParseFrom(registration) });
}
