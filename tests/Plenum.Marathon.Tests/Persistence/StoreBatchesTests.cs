using System.Text;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Tests.Core;
using Plenum.Storage;

namespace Plenum.Marathon.Tests.Persistence;

public sealed class StoreBatchesTests
{
    // More than one transaction holds, and with definitions so large that their plan is more than one entry holds.
    private const int Many = 10_500;
    private const int Long = 1_000;

    [Fact]
    public void What_fits_is_one_transaction()
    {
        StoreBatches.Of([]).ShouldBeEmpty();
        StoreBatches.Of(new() { ["marathon/a"] = [], ["marathon/b"] = null }).Single().Writes.Length.ShouldBe(2);
    }

    [Fact]
    public void A_change_of_very_many_apps_is_stored_in_an_order_that_a_crash_anywhere_survives()
    {
        var cluster = CoreHarness.Connected();
        var effects = new List<MarathonEffect>();
        cluster.Core.UpdateRoot(Create(Many), cluster.Now, effects).ShouldBeOfType<RootUpdateResult.Deployed>();
        var writes = new Dictionary<string, byte[]?>();
        foreach (var write in effects.OfType<MarathonEffect.Write>())
        {
            writes[write.Key] = write.Value;
        }

        var transactions = StoreBatches.Of(writes).ToList();
        transactions.Count.ShouldBeGreaterThan(3);
        transactions.ShouldAllBe(transaction => transaction.Writes.Length <= StoreLimits.MaxTransactionItems);
        transactions.SelectMany(transaction => transaction.Writes)
            .ShouldAllBe(write => write.Value == null || write.Value.Value.Length <= StoreLimits.MaxValueBytes);

        // The process dies before each of them: the root is there with all it names and its plan, or not at all.
        var stored = new Dictionary<string, byte[]>();
        foreach (var transaction in transactions)
        {
            Restored(stored).Root.AllApps.Count().ShouldBeOneOf(0, Many);
            foreach (var write in transaction.Writes)
            {
                if (write.Value is { } value)
                {
                    stored[write.Key] = value.ToArray();
                }
                else
                {
                    stored.Remove(write.Key);
                }
            }
        }

        var state = Restored(stored);
        state.Root.AllApps.Count().ShouldBe(Many);
        state.Deployments.Single().Plan.Services.Length.ShouldBe(Many);
        state.Deployments.Single().Plan.Services[7].Target.ShouldBe(state.Root.FindApp(state.Deployments.Single().Plan.Services[7].App));
    }

    [Fact]
    public void What_was_stored_of_a_change_that_did_not_get_to_its_root_is_dropped_at_the_next_start()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App());
        var orphan = CoreHarness.App() with { Version = Timestamp.From(cluster.Now.AddDays(1)) };
        cluster.Store[StoreKeys.Spec(orphan)] = StoredJson.Write(orphan);
        cluster.Store[StoreKeys.PlanPart("gone", 0)] = Encoding.UTF8.GetBytes("[]");

        cluster.Restart();

        cluster.State.VersionsOf(orphan.Id).ShouldHaveSingleItem();
        cluster.Store.ShouldNotContainKey(StoreKeys.Spec(orphan));
        cluster.Store.ShouldNotContainKey(StoreKeys.PlanPart("gone", 0));
    }

    [Fact]
    public void A_plan_in_parts_leaves_no_part_behind_when_it_ends()
    {
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) => Filled(root, version, 9_000)).ShouldBeOfType<RootUpdateResult.Deployed>();
        cluster.Store.Keys.Count(key => key.StartsWith(StoreKeys.PlanPartsPrefix, StringComparison.Ordinal)).ShouldBeGreaterThan(1);

        cluster.Restart();
        cluster.Cancel(cluster.State.Deployments.Single().Plan.Id, force: true).ShouldBeOfType<RootUpdateResult.Abandoned>();

        cluster.Store.Keys.ShouldNotContain(key => key.StartsWith(StoreKeys.PlanPartsPrefix, StringComparison.Ordinal));
    }

    [Fact]
    public void A_definition_larger_than_an_entry_should_be_is_refused()
    {
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) => root.WithApp(
            CoreHarness.App() with { Cmd = new string('x', StoredPlan.MaxDefinitionBytes) }, version))
            .ShouldBeOfType<RootUpdateResult.Invalid>().Message.ShouldContain("/web");
        cluster.State.Root.AllApps.ShouldBeEmpty();
    }

    private static RootUpdate Create(int count) =>
        new(PathId.Root, (root, version) => new RootChange.Accepted(Filled(root, version, count)));

    private static Group Filled(Group root, Timestamp version, int count)
    {
        var cmd = new string('x', Long);
        return root.WithUpdatedGroup(PathId.Parse("/many"), version, group => group with
        {
            Apps = group.Apps.AddRange(Enumerable.Range(0, count)
                .Select(i => CoreHarness.App($"/many/app{i}") with { Cmd = cmd, Version = version })
                .Select(app => KeyValuePair.Create(app.Id, app))),
        });
    }

    private static MarathonSnapshot Restored(Dictionary<string, byte[]> stored)
    {
        var state = new StoredState();
        foreach (var (key, value) in stored)
        {
            state.Add(key, value);
        }

        var core = new MarathonCore(new MarathonOptions(), seed: 1);
        core.Restore(state, DateTimeOffset.UnixEpoch, []);
        return core.Snapshot();
    }
}
