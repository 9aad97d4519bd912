using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Plenum.Agent.Limits;

namespace Plenum.Server.Commands;

/// <summary>What an agent watches its containers for, under Mesos' names too.</summary>
internal sealed class LimitArguments
{
    private const int MaxInterval = 24 * 3600;

    public Option<int> DiskWatchInterval { get; } = NodeArguments.Bounded(
        "--container-disk-watch-interval", "Seconds between two looks at what sandboxes and volumes take on disk.", 15, 1, MaxInterval);

    public Option<bool> EnforceDiskQuota { get; } = new("--enforce-container-disk-quota", "--enforce_container_disk_quota")
    {
        Description = "Fail tasks whose sandbox or persistent volume takes more than its disk resource.",
    };

    public Option<int> PortsWatchInterval { get; } = NodeArguments.Bounded(
        "--container-ports-watch-interval", "Seconds between two looks at the ports that containers listen on.", 30, 1, MaxInterval);

    public Option<bool> EnforcePorts { get; } = new("--enforce-container-ports", "--enforce_container_ports")
    {
        Description = "Fail tasks on the machine's network that listen on a TCP port which they do not have.",
    };

    public Option<bool> CheckOfferedPortsOnly { get; } = new("--check-agent-port-range-only", "--check_agent_port_range_only")
    {
        Description = "With --enforce-container-ports: guard only the ports that the agent offers.",
    };

    public Option<string?> GraphicsDevices { get; } = new("--nvidia-gpu-devices", "--nvidia_gpu_devices")
    {
        Description = "GPUs for tasks that ask for gpus, by number (0 is /dev/nvidia0) or path, with commas; the first agent of a machine has them.",
    };

    public Option<string?> RevocableResources { get; } = new("--revocable-resources")
    {
        Description = "Cpus and memory to lend beside the agent's own, such as cpus:2;mem:512, to frameworks that take revocable resources.",
    };

    public Option<bool> BindsProcessors { get; } = new("--cgroups-enable-cfs", "--cgroups_enable_cfs")
    {
        Description = "Let tasks have no more processor time than the cpus they ask for, also when the machine is idle.",
    };

    public Option<bool> ExclusiveProcessors { get; } = new("--exclusive-cpus")
    {
        Description = "Give tasks that ask for whole cpus so many processors for themselves (cpusets); all others share the rest.",
    };

    public Option<double?> LoadThreshold5 { get; } = Load("--qos-load-threshold-5min", 5);

    public Option<double?> LoadThreshold15 { get; } = Load("--qos-load-threshold-15min", 15);

    /// <summary>Every option of this table, for the commands that have them all.</summary>
    public IEnumerable<Option> All =>
    [
        DiskWatchInterval, EnforceDiskQuota, GraphicsDevices, PortsWatchInterval, EnforcePorts, CheckOfferedPortsOnly,
        BindsProcessors, ExclusiveProcessors, RevocableResources, LoadThreshold5, LoadThreshold15,
    ];

    public IReadOnlyList<string> ReadGraphics(ParseResult parsed) =>
        parsed.GetValue(GraphicsDevices)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    public LimitOptions Read(ParseResult parsed) => new()
    {
        DiskWatchInterval = TimeSpan.FromSeconds(parsed.GetValue(DiskWatchInterval)),
        EnforceDiskQuota = parsed.GetValue(EnforceDiskQuota),
        PortsWatchInterval = TimeSpan.FromSeconds(parsed.GetValue(PortsWatchInterval)),
        EnforcePorts = parsed.GetValue(EnforcePorts),
        CheckOfferedPortsOnly = parsed.GetValue(CheckOfferedPortsOnly),
        BindsProcessors = parsed.GetValue(BindsProcessors),
        ExclusiveProcessors = parsed.GetValue(ExclusiveProcessors),
        RevocableResources = parsed.GetValue(RevocableResources),
        LoadPolicy = new LoadPolicy(parsed.GetValue(LoadThreshold5), parsed.GetValue(LoadThreshold15)),
    };

    private static Option<double?> Load(string name, int minutes)
    {
        var option = new Option<double?>(name)
        {
            Description = $"Take revocable resources back, with the tasks on them, while the machine's load over {minutes} minutes is above this.",
        };
        option.Validators.Add(result =>
        {
            if (!double.TryParse(result.Tokens.Single().Value, CultureInfo.InvariantCulture, out var load) || !double.IsFinite(load) || load <= 0)
            {
                result.AddError($"{name} must be a number above zero.");
            }
        });
        return option;
    }
}
