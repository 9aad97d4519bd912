using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Plenum.Cluster.Tests.Harness;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling.Http;
using Plenum.Scheduling.Sessions;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using ReservationInfo = Plenum.Protocol.V1.Resource.Types.ReservationInfo;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Cluster.Tests;

/// <summary>A framework gets itself a disk of a storage pool, uses it over a crash, and gives it back (mesos.md 4.3, 4.11, 6.16).</summary>
public sealed class DiskWalk
{
    private const string Role = "db";
    private const string TakenBack = "is no longer valid";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [RootFact]
    public async Task Room_is_offered_reserved_made_a_disk_and_a_volume_written_read_after_kill_9_and_given_back()
    {
        var state = Directory.CreateTempSubdirectory("plenum-cluster-").FullName;
        var own = Directory.CreateDirectory(Path.Combine(state, "agents", "1")).FullName;
        await File.WriteAllTextAsync(Path.Combine(own, "disk-profiles.json"), """
            {"profile_matrix": {"fast": {
              "csi_plugin_type_selector": {"plugin_type": "plenum.pool"}, "volume_capabilities": {"mount": {"fs_type": "ext4"}}}}}
            """);
        await using var cluster = await TestCluster.UpAsync(state: state);
        var pool = Path.Combine(state, "pool");
        await AddPoolAsync(cluster, pool);

        using var transport = new HttpSchedulerTransport(
            new HttpSchedulerOptions { Master = cluster.Master.BaseAddress! }, TimeProvider.System);
        await using var session = SchedulerSession.Start(
            transport, Describe(), new SchedulerSessionOptions { FirstDelay = TimeSpan.FromMilliseconds(100) }, TimeProvider.System);

        // 1. Room becomes reserved room, a disk, a volume: each in an offer of its own.
        await DoAsync(session, static resource => IsRaw(resource) && resource.Reservations.Count == 0, static room =>
        {
            room.Scalar.Value = 64;
            room.Reservations.Add(new ReservationInfo { Type = ReservationInfo.Types.Type.Dynamic, Role = Role });
            return new Operation { Type = Operation.Types.Type.Reserve, Reserve = new Operation.Types.Reserve { Resources = { room } } };
        });
        var disk = await DoAsync(session, IsReservedRoom, static room => new Operation
        {
            Type = Operation.Types.Type.CreateDisk,
            CreateDisk = new Operation.Types.CreateDisk { Source = room, TargetType = SourceType.Mount, TargetProfile = "fast" },
        });
        disk.Disk.Source.Mount.Root.ShouldStartWith(pool);
        await DoAsync(session, IsDisk, static volume =>
        {
            volume.Disk.Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = "data" };
            volume.Disk.Volume = new Volume { ContainerPath = "data", Mode = Volume.Types.Mode.Rw };
            return new Operation { Type = Operation.Types.Type.Create, Create = new Operation.Types.Create { Volumes = { volume } } };
        });

        // 2. A task cannot write more than the disk has; what it wrote outlives a crash of everything.
        await RunAsync(session, "writer", "echo precious > data/kept && sync && ! dd if=/dev/zero of=data/large bs=1M count=100 && rm data/large");
        await cluster.KillServerAsync();
        await RunAsync(session, "reader", "test \"$(cat data/kept)\" = precious");

        // 3. Back to where it began.
        await DoAsync(session, IsVolume, static volume => new Operation
        {
            Type = Operation.Types.Type.Destroy, Destroy = new Operation.Types.Destroy { Volumes = { volume } },
        });
        await DoAsync(session, IsDisk, static disk => new Operation
        {
            Type = Operation.Types.Type.DestroyDisk, DestroyDisk = new Operation.Types.DestroyDisk { Source = disk },
        });
        Directory.GetFiles(Path.Combine(pool, "disks")).ShouldBeEmpty();
        await DoAsync(session, IsReservedRoom, static room => new Operation
        {
            Type = Operation.Types.Type.Unreserve, Unreserve = new Operation.Types.Unreserve { Resources = { room } },
        });
        var pools = await AgentAsync(cluster, new { type = "GET_RESOURCE_PROVIDERS" });
        var left = pools.GetProperty("get_resource_providers").GetProperty("resource_providers")[0].GetProperty("total_resources");
        left.GetArrayLength().ShouldBe(1);
        left[0].GetProperty("scalar").GetProperty("value").GetDouble().ShouldBe(200);
        await session.TrySendAsync(new Call { Type = Call.Types.Type.Teardown }, CancellationToken.None);
    }

    private static async Task<JsonElement> AgentAsync(TestCluster cluster, object call)
    {
        using var agent = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{cluster.AgentPort}") };
        using var answer = await agent.PostAsJsonAsync("/api/v1", call);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private static Task<JsonElement> AddPoolAsync(TestCluster cluster, string pool) => AgentAsync(
        cluster,
        new
        {
            type = "ADD_RESOURCE_PROVIDER_CONFIG",
            add_resource_provider_config = new
            {
                info = new
                {
                    type = "org.apache.mesos.rp.local.storage",
                    name = "pool",
                    storage = new { plugin = new { type = "plenum.pool", target_path_root = pool } },
                    attributes = new[] { new { name = "megabytes", type = "SCALAR", scalar = new { value = 200 } } },
                },
            },
        });

    private static Call.Types.Subscribe Describe() => new()
    {
        FrameworkInfo = new FrameworkInfo
        {
            Name = "disk-walk",
            User = "root",
            Roles = { Role },
            FailoverTimeout = 3600,
            Checkpoint = true,
            Capabilities =
            {
                new Capability { Type = Capability.Types.Type.MultiRole },
                new Capability { Type = Capability.Types.Type.ReservationRefinement },
            },
        },
    };

    private static bool IsRaw(Resource resource) => resource.Disk?.Source?.Type == SourceType.Raw;

    private static bool IsReservedRoom(Resource resource) => IsRaw(resource) && resource.Reservations.Count > 0;

    private static bool IsDisk(Resource resource) => resource.Disk?.Source?.Type == SourceType.Mount;

    private static bool IsVolume(Resource resource) => resource.Disk?.Persistence?.Id == "data";

    /// <summary>The next offer with such a resource; others are declined for a moment.</summary>
    private static async Task<(Offer Offer, Resource Resource)> OfferAsync(SchedulerSession session, Func<Resource, bool> wanted)
    {
        while (true)
        {
            if (await NextAsync(session) is not { Offers: { } offers })
            {
                continue;
            }

            foreach (var offer in offers.Offers_)
            {
                if (offer.Resources.FirstOrDefault(wanted) is { } resource)
                {
                    return (offer, resource);
                }

                await session.TrySendAsync(
                    new Call
                    {
                        Type = Call.Types.Type.Decline,
                        Decline = new Call.Types.Decline { OfferIds = { offer.Id }, Filters = new Filters { RefuseSeconds = 0 } },
                    },
                    CancellationToken.None);
            }
        }
    }

    /// <summary>
    /// Asks for an operation on the next such resource with feedback, waits for its end and acknowledges it; what it
    /// made. An offer may be taken back while it is answered, for what an agent has changes now and then: another comes.
    /// </summary>
    private static async Task<Resource> DoAsync(SchedulerSession session, Func<Resource, bool> wanted, Func<Resource, Operation> make)
    {
        while (true)
        {
            var (offer, resource) = await OfferAsync(session, wanted);
            var operation = make(resource.Clone());
            operation.Id = new OperationID { Value = Guid.NewGuid().ToString() };
            await session.TrySendAsync(Accept(offer, operation), CancellationToken.None);
            var status = await EndAsync(session, operation.Id);
            if (!status.Message.EndsWith(TakenBack, StringComparison.Ordinal))
            {
                status.State.ShouldBe(OperationState.OperationFinished, status.Message);
                return status.ConvertedResources[0];
            }
        }
    }

    private static async Task<OperationStatus> EndAsync(SchedulerSession session, OperationID operation)
    {
        while (true)
        {
            if (await NextAsync(session) is not { UpdateOperationStatus.Status: { } status } || !status.OperationId.Equals(operation))
            {
                continue;
            }

            if (status.Uuid is null)
            {
                return status;
            }

            await session.TrySendAsync(
                new Call
                {
                    Type = Call.Types.Type.AcknowledgeOperationStatus,
                    AcknowledgeOperationStatus = new Call.Types.AcknowledgeOperationStatus
                    {
                        OperationId = operation,
                        Uuid = status.Uuid.Value,
                        AgentId = status.AgentId,
                        ResourceProviderId = status.ResourceProviderId,
                    },
                },
                CancellationToken.None);
            return status;
        }
    }

    /// <summary>Runs the task to its good end, on another offer when one was taken back.</summary>
    private static async Task RunAsync(SchedulerSession session, string name, string command)
    {
        while (await TryRunAsync(session, name, command) is var status && status.State != TaskState.TaskFinished)
        {
            status.Reason.ShouldBe(TaskStatus.Types.Reason.InvalidOffers, $"{status.State}: {status.Message}");
        }
    }

    private static async Task<TaskStatus> TryRunAsync(SchedulerSession session, string name, string command)
    {
        var (offer, volume) = await OfferAsync(session, IsVolume);
        if (!await session.TrySendAsync(
            Accept(offer, new Operation
            {
                Type = Operation.Types.Type.Launch,
                Launch = new Operation.Types.Launch
                {
                    TaskInfos =
                    {
                        new TaskInfo
                        {
                            Name = name,
                            TaskId = new TaskID { Value = name },
                            AgentId = offer.AgentId,
                            Command = new CommandInfo { Value = command },
                            Resources = { ResourceSet.Parse("cpus:0.1;mem:64").ToWire(), volume },
                        },
                    },
                },
            }),
            CancellationToken.None))
        {
            // An offer of the master that was killed, and nobody there to answer: the next one makes others.
            return new TaskStatus { Reason = TaskStatus.Types.Reason.InvalidOffers };
        }

        while (true)
        {
            if (await NextAsync(session) is not { Update.Status: { } status } || status.TaskId.Value != name)
            {
                continue;
            }

            if (status.HasUuid)
            {
                await session.TrySendAsync(
                    new Call
                    {
                        Type = Call.Types.Type.Acknowledge,
                        Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
                    },
                    CancellationToken.None);
            }

            if (status.State is not (TaskState.TaskStaging or TaskState.TaskStarting or TaskState.TaskRunning))
            {
                return status;
            }
        }
    }

    private static Call Accept(Offer offer, Operation operation) => new()
    {
        Type = Call.Types.Type.Accept,
        Accept = new Call.Types.Accept
        {
            OfferIds = { offer.Id }, Operations = { operation }, Filters = new Filters { RefuseSeconds = 0 },
        },
    };

    private static async Task<Event?> NextAsync(SchedulerSession session)
    {
        using var late = new CancellationTokenSource(Patience);
        try
        {
            return await session.Events.ReadAsync(late.Token) is SchedulerSessionEvent.Received received ? received.Event : null;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"nothing was heard from the master within {Patience}", exception);
        }
    }
}
