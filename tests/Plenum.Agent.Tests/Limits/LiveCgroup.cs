using System.Globalization;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

/// <summary>The control group of a task that runs, found by its first process and read without the agent's code.</summary>
internal sealed class LiveCgroup
{
    private const string Root = "/sys/fs/cgroup";

    private readonly Dictionary<string, string> _directories;

    private LiveCgroup(int pid, Dictionary<string, string> directories)
    {
        Pid = pid;
        _directories = directories;
    }

    public static bool IsUnified { get; } = CgroupHost.Detect().IsUnified;

    public int Pid { get; }

    public static async Task<LiveCgroup> OfAsync(AgentFixture fixture, TaskStatus running)
    {
        var call = new Call { Type = Call.Types.Type.GetContainers, GetContainers = new Call.Types.GetContainers { ShowNested = true } };
        var container = (await fixture.CallAsync(call)).GetContainers.Containers
            .Single(entry => entry.ContainerId.Value == running.ContainerStatus.ContainerId.Value);
        return Of((int)container.ContainerStatus.ExecutorPid);
    }

    public static LiveCgroup Of(int pid)
    {
        var directories = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup")))
        {
            var fields = line.Split(':', 3);
            foreach (var controller in fields[1].Split(','))
            {
                // On version 2 its processes are in a leaf below its limits.
                directories[controller] = IsUnified ? Root + (fields[2].EndsWith("/holder", StringComparison.Ordinal) ? fields[2][..^"/holder".Length] : fields[2]) : Path.Join(Root, fields[1], fields[2]);
            }
        }

        return new LiveCgroup(pid, directories);
    }

    /// <summary>A number in a file of version 1, or in the one of version 2 that has its place.</summary>
    public long Number(string controller, string one, string two) => long.Parse(Text(controller, one, two), CultureInfo.InvariantCulture);

    public string Text(string controller, string one, string two) =>
        File.ReadAllText(Path.Join(_directories[IsUnified ? "" : controller], IsUnified ? two : one)).Trim();

    /// <summary>The number behind a word, in lines such as "user 17".</summary>
    public long Keyed(string controller, (string File, string Key) one, (string File, string Key) two)
    {
        var key = IsUnified ? two.Key : one.Key;
        return Text(controller, one.File, two.File).Split('\n').Select(static line => line.Split(' '))
            .Where(pair => pair[0] == key)
            .Select(static pair => long.Parse(pair[1], CultureInfo.InvariantCulture))
            .Single();
    }

    /// <summary>Bytes written to block devices; none where the files of the machine lie on no such.</summary>
    public long BlockBytes()
    {
        var words = Text("blkio", "blkio.throttle.io_service_bytes_recursive", "io.stat").Split('\n').Select(static line => line.Split(' '));
        return IsUnified
            ? words.SelectMany(static line => line).Where(static word => word.StartsWith("wbytes=", StringComparison.Ordinal))
                .Sum(static word => long.Parse(word["wbytes=".Length..], CultureInfo.InvariantCulture))
            : words.Where(static line => line is [_, "Write", _]).Sum(static line => long.Parse(line[2], CultureInfo.InvariantCulture));
    }

    public IReadOnlyList<int> Processes() =>
        [.. Text("pids", "cgroup.procs", "cgroup.procs").Split('\n').Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];

    public int Threads() => Processes().Sum(static pid =>
        Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task")).Length);

    /// <summary>The cgroup of the pod that this one's task is in.</summary>
    public LiveCgroup Outer() => new(Pid, _directories.ToDictionary(static pair => pair.Key, static pair => Path.GetDirectoryName(pair.Value)!));
}
