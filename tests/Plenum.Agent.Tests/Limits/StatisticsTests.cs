using System.Globalization;
using System.Text.Json;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

/// <summary>What the agent reports of a real container against the kernel's files, read by the test itself.</summary>
public sealed class StatisticsTests
{
    // Writes blocks, then burns within its limit for ever, and is otherwise quiet when the file is there.
    private const string Busy =
        "dd if=/dev/zero of=blocks bs=4k count=64 conv=fsync 2> dd; head -c 8m /dev/zero > /dev/shm/held; sleep 1000 & sleep 1000 & (while :; do :; done) & : > ready; wait";

    /// <summary>Of a division that the agent does in another order.</summary>
    private const double Rounding = 1e-9;

    private static readonly (string Name, Func<LiveCgroup, double> Read)[] Fields =
    [
        ("cpus_user_time_secs", static g => LiveCgroup.IsUnified
            ? g.Keyed("", ("", ""), ("cpu.stat", "user_usec")) / 1e6
            : g.Keyed("cpuacct", ("cpuacct.stat", "user"), ("", "")) / 100.0),
        ("cpus_system_time_secs", static g => LiveCgroup.IsUnified
            ? g.Keyed("", ("", ""), ("cpu.stat", "system_usec")) / 1e6
            : g.Keyed("cpuacct", ("cpuacct.stat", "system"), ("", "")) / 100.0),
        ("cpus_nr_periods", static g => g.Keyed("cpu", ("cpu.stat", "nr_periods"), ("cpu.stat", "nr_periods"))),
        ("cpus_nr_throttled", static g => g.Keyed("cpu", ("cpu.stat", "nr_throttled"), ("cpu.stat", "nr_throttled"))),
        ("cpus_throttled_time_secs", static g => LiveCgroup.IsUnified
            ? g.Keyed("", ("", ""), ("cpu.stat", "throttled_usec")) / 1e6
            : g.Keyed("cpu", ("cpu.stat", "throttled_time"), ("", "")) / 1e9),
        ("mem_total_bytes", static g => g.Number("memory", "memory.usage_in_bytes", "memory.current")),
        ("mem_rss_bytes", static g => g.Keyed("memory", ("memory.stat", "total_rss"), ("memory.stat", "anon"))),
        ("mem_anon_bytes", static g => g.Keyed("memory", ("memory.stat", "total_rss"), ("memory.stat", "anon"))),
        ("mem_cache_bytes", static g => g.Keyed("memory", ("memory.stat", "total_cache"), ("memory.stat", "file"))),
        ("mem_file_bytes", static g => g.Keyed("memory", ("memory.stat", "total_cache"), ("memory.stat", "file"))),
        ("mem_mapped_file_bytes", static g => g.Keyed("memory", ("memory.stat", "total_mapped_file"), ("memory.stat", "file_mapped"))),
        ("mem_unevictable_bytes", static g => g.Keyed("memory", ("memory.stat", "total_unevictable"), ("memory.stat", "unevictable"))),
        ("mem_limit_bytes", static g => g.Number("memory", "memory.limit_in_bytes", "memory.max")),
        ("mem_soft_limit_bytes", static g => g.Number("memory", "memory.soft_limit_in_bytes", "memory.low")),
        ("processes", static g => g.Processes().Count),
        ("threads", static g => g.Threads()),
    ];

    [RootFact]
    public async Task Every_number_lies_between_what_the_kernel_said_before_and_after()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var task = FakeMaster.Task("busy", Busy);
        task.Resources.AddRange(ResourceSet.Parse("cpus:0.1;mem:64").ToWire());
        task.Limits.Add("cpus", new Value.Types.Scalar { Value = 0.2 });
        task.Limits.Add("mem", new Value.Types.Scalar { Value = 96 });
        var running = await fixture.RunUpAsync(task);
        await FileEvents.CreatedAsync(Path.Combine(fixture.SandboxOf(running), "ready"));
        var cgroup = await LiveCgroup.OfAsync(fixture, running);

        await AllInPlaceAsync(fixture, cgroup, "monitor/statistics");
        await AllInPlaceAsync(fixture, cgroup, "containers");

        var statistics = await StatisticsAsync(fixture, "containers");
        statistics.GetProperty("cpus_limit").GetDouble().ShouldBe(0.2);
        statistics.GetProperty("cpus_soft_limit").GetDouble().ShouldBe(0.1);
        statistics.GetProperty("mem_limit_bytes").GetInt64().ShouldBe(96 << 20);
        statistics.GetProperty("mem_soft_limit_bytes").GetInt64().ShouldBe(64 << 20);
        statistics.GetProperty("processes").GetInt32().ShouldBe(4);
        statistics.GetProperty("threads").GetInt32().ShouldBe(4);
        statistics.GetProperty("mem_cache_bytes").GetInt64().ShouldBeGreaterThanOrEqualTo(8 << 20);
    }

    [RootFact]
    public async Task Blocks_are_counted_as_the_kernel_counts_them()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var running = await fixture.RunUpAsync(FakeMaster.Task("writer", "dd if=/dev/zero of=blocks bs=4k count=64 conv=fsync 2> dd; : > ready; sleep 1000"));
        await FileEvents.CreatedAsync(Path.Combine(fixture.SandboxOf(running), "ready"));
        var cgroup = await LiveCgroup.OfAsync(fixture, running);
        var before = cgroup.BlockBytes();
        var reported = (await StatisticsAsync(fixture, "monitor/statistics")).TryGetProperty("blkio_statistics", out var blocks)
            ? blocks.GetProperty("throttling").EnumerateArray()
                .Where(static device => device.TryGetProperty("device", out _) && device.TryGetProperty("io_service_bytes", out _))
                .SelectMany(static device => device.GetProperty("io_service_bytes").EnumerateArray())
                .Where(static value => value.GetProperty("op").GetString() == "WRITE")
                .Sum(static value => value.GetProperty("value").GetInt64())
            : 0;
        reported.ShouldBeInRange(before, cgroup.BlockBytes());
    }

    [RootFact]
    public async Task A_container_that_nothing_binds_shows_its_request_as_dashboards_expect_it()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var task = FakeMaster.Task("plain", "sleep 1000");
        task.Resources.AddRange(ResourceSet.Parse("cpus:0.3;mem:64").ToWire());
        await fixture.RunUpAsync(task);
        var statistics = await StatisticsAsync(fixture, "monitor/statistics");
        statistics.GetProperty("cpus_limit").GetDouble().ShouldBe(0.3);
        statistics.GetProperty("cpus_soft_limit").GetDouble().ShouldBe(0.3);
    }

    // The kernel settles its memory counters late: asked until one look finds all in place. A number of another kind or unit
    // never is.
    private static async Task AllInPlaceAsync(AgentFixture fixture, LiveCgroup cgroup, string path)
    {
        var patience = Patience.Token();
        IReadOnlyList<string> misplaced;
        do
        {
            misplaced = await MisplacedAsync(fixture, cgroup, path);
        }
        while (misplaced.Count > 0 && !patience.IsCancellationRequested);
        misplaced.ShouldBeEmpty();
    }

    private static async Task<IReadOnlyList<string>> MisplacedAsync(AgentFixture fixture, LiveCgroup cgroup, string path)
    {
        var before = Fields.Select(field => field.Read(cgroup)).ToArray();
        var statistics = await StatisticsAsync(fixture, path);
        var after = Fields.Select(field => field.Read(cgroup)).ToArray();
        return
        [
            .. Fields.Select((field, index) => (field.Name, Value: statistics.GetProperty(field.Name).GetDouble(), From: before[index], To: after[index]))
                .Where(static seen => seen.Value < seen.From - Rounding || seen.Value > seen.To + Rounding)
                .Select(static seen => string.Create(CultureInfo.InvariantCulture, $"{seen.Name} is {seen.Value}, not {seen.From} to {seen.To}")),
        ];
    }

    private static async Task<JsonElement> StatisticsAsync(AgentFixture fixture, string path)
    {
        using var document = JsonDocument.Parse(await fixture.GetAsync(path));
        return document.RootElement.EnumerateArray().Single().GetProperty("statistics").Clone();
    }
}
