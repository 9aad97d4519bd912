using Plenum.Agent.Tests.Server;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>SIGKILL of an agent while it makes or removes a persistent volume. The next one agrees with its directory.</summary>
public sealed class KilledVolumeTests : IDisposable
{
    private const string Role = "web";

    /// <summary>
    /// An agent's start takes the first steps of its disk. These are about the record of the operation, that of its outcome and
    /// that of the acknowledgement.
    /// </summary>
    private static readonly int[] Steps = [9, 11, 12, 13, 15];

    private readonly string _work = Directory.CreateTempSubdirectory("plenum-volumes-").FullName;
    private byte _orders;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task A_volume_is_made_whole_and_its_data_go_only_by_a_destroy_that_was_recorded()
    {
        await LiveAsync(0, static (_, _) => [Orders.Reserve(1, Orders.Reserved("disk:1000", Role))]);
        _orders = 1;
        var deaths = 0;
        foreach (var step in Steps)
        {
            var id = $"v{step}";
            var volume = Orders.Volume(id, 10, Role);
            var directory = Path.Combine(_work, "volumes/roles", Role, id);
            var create = ++_orders;
            deaths += await LiveAsync(step, (known, _) =>
            {
                known.ShouldBeEmpty("those before were destroyed");
                return [Orders.Create(create, volume)];
            });
            await LiveAsync(0, (known, pending) =>
            {
                var isAsked = pending.Contains(create);
                (known.Contains(id) || isAsked || !Directory.Exists(directory)).ShouldBeTrue($"{id}: a directory that nobody knows");
                return known.Contains(id) || isAsked ? [] : [Orders.Create(++_orders, volume)];
            });
            var kept = Path.Combine(directory, "kept");
            await File.WriteAllTextAsync(kept, id);

            var destroy = ++_orders;
            deaths += await LiveAsync(step, (_, _) => [Orders.Destroy(destroy, volume)]);
            await LiveAsync(0, (known, pending) =>
            {
                if (!known.Contains(id) || pending.Contains(destroy))
                {
                    return [];
                }

                File.ReadAllText(kept).ShouldBe(id, "nobody recorded that it goes");
                return [Orders.Destroy(++_orders, volume)];
            });
            Directory.Exists(directory).ShouldBeFalse();
        }

        deaths.ShouldBeGreaterThan(1, "the steps are those of another start: nothing was tried");
    }

    /// <summary>
    /// One agent: it is asked for what the answer says, and lives until that and all that was under way is through, or until it
    /// dies: 1 then.
    /// </summary>
    private async Task<int> LiveAsync(int diesAt, Func<IReadOnlyCollection<string>, IReadOnlyCollection<byte>, IReadOnlyList<MasterMessage>> orders)
    {
        await using var master = await FakeMaster.StartAsync();
        using var agent = ChildAgent.Start(master.Address, _work, diesAt: diesAt);
        using var died = new CancellationTokenSource();
        var deaths = 0;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(died.Token, Patience.Token());
        var ended = CancelAtEndAsync();
        try
        {
            var registration = await master.RegistrationAsync(over.Token);
            var pending = registration.Operations.Select(static operation => operation.Uuid.Value[0]).ToHashSet();
            var known = registration.CheckpointedResources.Select(static resource => resource.Disk?.Persistence?.Id).OfType<string>().ToHashSet();
            var open = pending.ToHashSet();
            foreach (var order in orders(known, pending))
            {
                open.Add(order.ApplyOperation.OperationUuid[0]);
                master.Send(order);
            }

            while (open.Count > 0)
            {
                if ((await master.ReceiveAsync(over.Token)).OperationUpdate is { Status.State: not OperationState.OperationPending } update)
                {
                    update.Status.State.ShouldBe(OperationState.OperationFinished, update.Status.Message);
                    master.Send(Orders.Acknowledge(update));
                    open.Remove(update.OperationUuid[0]);
                }
            }
        }
        catch (OperationCanceledException) when (died.IsCancellationRequested)
        {
            diesAt.ShouldNotBe(0, "it was not to die");
            deaths = 1;
        }

        await agent.KillAsync();
        await ended;
        return deaths;

        async Task CancelAtEndAsync()
        {
            await agent.EndedAsync(CancellationToken.None);
            await died.CancelAsync();
        }
    }
}
