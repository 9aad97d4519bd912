using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Graphics;

/// <summary>
/// The GPUs of this agent and who has which: each belongs to one container at a time, from its launch until nothing of it is
/// left. The containers' own records say who had what when the agent comes back.
/// </summary>
internal sealed class GraphicsDevices
{
    public const string Resource = "gpus";

    private const string Access = "rw";

    /// <summary>
    /// A task may be launched when the one before it has ended, some moments before that one's container is gone. One that hangs
    /// longer than this hangs in its driver.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The driver's own nodes, which all programs that use one of its cards open; those that the machine has.</summary>
    private static readonly string[] Shared =
        ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"];

    private readonly IReadOnlyList<OciDevice> _devices;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, ContainerKey> _owners = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GraphicsDevices(IReadOnlyList<OciDevice> devices, TimeProvider clock)
    {
        _devices = devices;
        _clock = clock;
    }

    /// <summary>Reads what the operator named: paths of devices, or numbers as Mesos has them (1 is /dev/nvidia1).</summary>
    /// <exception cref="AgentStartException">One of them is no device.</exception>
    public static IReadOnlyList<OciDevice> Read(IEnumerable<string> names)
    {
        var devices = new List<OciDevice>();
        foreach (var name in names)
        {
            var path = name.All(char.IsAsciiDigit) ? $"/dev/nvidia{name}" : name;
            var device = Path.IsPathFullyQualified(path) ? OciDevice.TryRead(path, PlaceOf(path), Access) : null;
            if (device is null)
            {
                throw new AgentStartException($"The GPU '{name}' cannot be had: {path} is no device of this machine. Load its driver, or name another.");
            }

            if (devices.Any(other => IsSame(other, device) || other.Path == device.Path))
            {
                throw new AgentStartException($"The GPU '{name}' is named twice.");
            }

            devices.Add(device);
        }

        return devices;
    }

    /// <summary>Before the first launch: a container that an earlier agent gave these to.</summary>
    public void Restore(ContainerKey container, IEnumerable<string> paths)
    {
        lock (_gate)
        {
            foreach (var path in paths)
            {
                _owners[path] = container;
            }
        }
    }

    /// <summary>The specification with as many GPUs as its resources say, taken until <see cref="Return"/>.</summary>
    /// <exception cref="ContainerLaunchException">They cannot be had.</exception>
    public async Task<ContainerSpec> EquipAsync(ContainerSpec spec, IReadOnlyList<Resource> resources, CancellationToken cancellationToken)
    {
        if (spec.Linux.Devices.FirstOrDefault(device => _devices.Any(card => IsSame(card, device))) is { } card)
        {
            throw Impossible($"{card.Path} is a GPU, which tasks get by the resource gpus and not by name");
        }

        // What only holds a pod runs nothing that could use one; its tasks have theirs.
        var count = spec.HoldsPod ? 0 : (int)ResourceSet.FromWire(resources).Scalar(Resource);
        if (count == 0)
        {
            return spec;
        }

        if (count > _devices.Count)
        {
            throw Impossible($"The agent has {_devices.Count} GPUs and not {count}: name its devices with --nvidia-gpu-devices");
        }

        var taken = await TakeAsync(spec.Key, count, cancellationToken);
        return spec with
        {
            GraphicsDevices = [.. taken.Select(static device => device.Path)],
            Linux = spec.Linux with
            {
                Devices = [.. spec.Linux.Devices, .. taken, .. Shared.Select(static path => OciDevice.TryRead(path, access: Access)).OfType<OciDevice>()],
            },
        };
    }

    /// <summary>The container is gone, or never was.</summary>
    public void Return(ContainerKey container)
    {
        lock (_gate)
        {
            var returned = _owners.Where(owned => owned.Value == container).Select(static owned => owned.Key).ToArray();
            if (returned.Length > 0)
            {
                Array.ForEach(returned, path => _owners.Remove(path));
                _returned.SetResult();
                _returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private async Task<IReadOnlyList<OciDevice>> TakeAsync(ContainerKey container, int count, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (true)
            {
                System.Threading.Tasks.Task returned;
                lock (_gate)
                {
                    var free = _devices.Where(device => !_owners.ContainsKey(device.Path)).Take(count).ToArray();
                    if (free.Length == count)
                    {
                        Array.ForEach(free, device => _owners.Add(device.Path, container));
                        return free;
                    }

                    returned = _returned.Task;
                }

                await returned.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Impossible($"Of the agent's GPUs fewer than {count} became free: a container that had them could not be removed");
        }
    }

    // Where the container finds it: its usual place, or /dev for one that has another.
    private static string PlaceOf(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) ? path : $"/dev/{Path.GetFileName(path)}";

    private static bool IsSame(OciDevice left, OciDevice right) =>
        (left.Kind, left.Major, left.Minor) == (right.Kind, right.Major, right.Minor);

    private static ContainerLaunchException Impossible(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
