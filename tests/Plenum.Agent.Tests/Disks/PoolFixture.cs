using Google.Protobuf;
using Plenum.Agent.Disks;
using Plenum.Agent.Tests.Server;
using Plenum.Agent.Tests.Volumes;
using Plenum.Agent.Volumes;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Tests.Disks;

/// <summary>A real agent with a storage pool of its own, whose mounts and devices go with it.</summary>
internal sealed class PoolFixture : IAsyncDisposable
{
    private const string Profiles = """
        {"profile_matrix": {
          "fast": {"csi_plugin_type_selector": {"plugin_type": "plenum.pool"}, "volume_capabilities": {"mount": {"fs_type": "ext4"}}},
          "bare": {"resource_provider_selector": {"resource_providers": [{"type": "org.apache.mesos.rp.local.storage", "name": "pool"}]},
                   "volume_capabilities": {"block": {}}}
        }}
        """;

    private byte _operations;

    private PoolFixture(AgentFixture agent) => Agent = agent;

    public AgentFixture Agent { get; }

    public FakeMaster Master => Agent.Master;

    public string Pool => PoolOf(Agent.Work);

    public AgentMessage.Types.ResourceProvider Provider => Agent.Registration.ResourceProviders.Single();

    public static async Task<PoolFixture> StartAsync(double megabytes = 200) =>
        new(await AgentFixture.StartAsync(adjust: options =>
        {
            var configurations = Directory.CreateDirectory(Path.Combine(options.WorkDirectory, "resource-providers"));
            var file = Path.Combine(configurations.FullName, "pool.json");
            if (!File.Exists(file))
            {
                File.WriteAllBytes(file, MesosJson.Write(Pools.Info("pool", PoolOf(options.WorkDirectory), megabytes)));
            }

            var profiles = Path.Combine(options.WorkDirectory, "profiles.json");
            File.WriteAllText(profiles, Profiles);
            return options with { Isolation = AgentIsolation.Containers, DiskProfilesFile = profiles };
        }));

    public Resource Raw(double megabytes) => Pools.Raw(Provider.Info.Id.Value, megabytes);

    /// <summary>Orders an operation and waits for its outcome.</summary>
    public async Task<OperationStatus> DoAsync(Func<byte, ByteString, MasterMessage> order)
    {
        var uuid = ++_operations;
        Master.Send(order(uuid, Provider.ResourceVersion));
        return await OutcomeAsync(uuid);
    }

    public async Task<Resource> MakeAsync(Func<byte, ByteString, MasterMessage> order)
    {
        var status = await DoAsync(order);
        status.State.ShouldBe(OperationState.OperationFinished, status.Message);
        return status.ConvertedResources[0];
    }

    public async Task<TaskStatus> RunAsync(string name, Resource volume, string command, TaskState state = TaskState.TaskFinished)
    {
        Master.Run(FakeMaster.Task(name, command, task => task.Resources.Add(volume)));
        while (true)
        {
            if ((await Master.ReceiveAsync()).StatusUpdate?.Status is { } status
                && status.TaskId.Value == name
                && status.State is TaskState.TaskFinished or TaskState.TaskFailed or TaskState.TaskLost or TaskState.TaskDropped or TaskState.TaskError)
            {
                status.State.ShouldBe(state, status.Message);
                return status;
            }
        }
    }

    public string ImageOf(Resource disk) => Path.Combine(Pool, "disks", disk.Disk.Source.Id + ".img");

    public async ValueTask DisposeAsync()
    {
        // Also after a test that failed in the middle, and for what the agent has forgotten.
        await Agent.Agent.DisposeAsync();
        foreach (var mount in Exists("mounts") ? Directory.GetDirectories(Path.Combine(Pool, "mounts")) : [])
        {
            if (MountTable.Has(mount))
            {
                await DiskTools.UnmountAsync(mount);
            }
        }

        foreach (var image in Exists("disks") ? Directory.GetFiles(Path.Combine(Pool, "disks")) : [])
        {
            if (DiskTools.DeviceOf(image) is { } device)
            {
                await DiskTools.DetachAsync(device);
            }
        }

        await Agent.DisposeAsync();
    }

    private bool Exists(string part) => Directory.Exists(Path.Combine(Pool, part));

    private static string PoolOf(string work) => Path.Combine(work, "pool");

    private async Task<OperationStatus> OutcomeAsync(byte uuid)
    {
        while (true)
        {
            if ((await Master.ReceiveAsync()).OperationUpdate is { } update && update.OperationUuid == Orders.Uuid(uuid))
            {
                Master.Send(Orders.Acknowledge(update));
                return update.Status;
            }
        }
    }
}
