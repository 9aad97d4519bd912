using FsCheck;
using FsCheck.Fluent;
using static Plenum.Kernel.Tests.Allocation.FairWorld;
using static Plenum.Kernel.Tests.Allocation.QuotaCalls;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>
/// What the allocator promises, over generated clusters. Agents are given away whole, so that shares can only be equal
/// up to one offer; each promise says where that comes in.
/// </summary>
public sealed class FairnessPropertyTests
{
    private const double Rounding = 1e-9;

    private static readonly string[] Tree = ["a", "b", "c", "a/x", "a/y", "b/z", "b/z/q"];
    private static readonly string[] Flat = ["a", "b", "c", "d"];
    private static readonly double[] SomeWeights = [0.5, 1, 1, 2, 3];

    private static readonly Gen<Machine> AnyMachine =
        Gen.Choose(1, 16).SelectMany(cpus => Gen.Choose(1, 64).Select(memory => new Machine(cpus, memory)));

    /// <summary>
    /// Every offer goes to the one with the smallest share by weight: among the roles of the first level, among the
    /// children of that one, and so on down to the framework. Whatever ended before, and whoever came.
    /// </summary>
    [Fact]
    public void Each_offer_goes_to_the_smallest_share_by_weight_at_every_level() => Check(
        60,
        from plan in Plans(Tree)
        from steps in Gen.Choose(0, int.MaxValue - 1).ArrayOf(20)
        select (plan, steps),
        test =>
        {
            var (plan, steps) = test;
            var world = plan.Build();
            var before = world.All.ToList();
            EachWentToTheSmallest(plan, world, before, world.Pass(Cycle));
            foreach (var step in steps)
            {
                Live(world, plan, step);
                before = [.. world.All];
                EachWentToTheSmallest(plan, world, before, world.Pass(Cycle));
                world.NothingIsGivenTwice();
                world.NothingLiesIdle();
            }
        });

    /// <summary>
    /// From which follows, for a cluster that is given away from the beginning: nobody is ahead of one who competes
    /// with it by more than its last offer. Before that one it was not ahead at all, or another had got it.
    /// </summary>
    [Fact]
    public void Shares_by_weight_differ_at_most_by_one_offer() => Check(
        150,
        Plans(Tree),
        plan =>
        {
            var world = plan.Build();
            world.Pass(Cycle);
            foreach (var group in Competitors(world))
            {
                foreach (var ahead in group)
                {
                    var largest = HeldAt(world.All, ahead).Select(held => world.ShareOf([held])).DefaultIfEmpty().Max();
                    foreach (var behind in group)
                    {
                        (plan.Weighted(world, world.All, ahead) - plan.Weighted(world, world.All, behind))
                            .ShouldBeLessThanOrEqualTo((largest / plan.WeightOf(ahead)) + Rounding, $"{ahead} and {behind}");
                    }
                }
            }
        });

    /// <summary>
    /// No role is ever offered more than its limit. While a guarantee is open and somebody is there to take it, nothing of
    /// it lies free. While less is free than guarantees need, nobody who is above its own gets any of it: what others hold
    /// already stays theirs, for quota ends no tasks.
    /// </summary>
    [Fact]
    public void Limits_are_never_exceeded_and_guarantees_come_before_shares() => Check(
        60,
        from plan in Plans(Flat)
        from quotas in AnyQuota.ArrayOf(4)
        from steps in Gen.Choose(0, int.MaxValue - 1).ArrayOf(15)
        select (plan, quotas, steps),
        test =>
        {
            var (plan, quotas, steps) = test;
            var world = plan.Build();
            var standing = new Dictionary<string, RoleQuotaPlan>();
            var next = 0;
            world.Pass(Cycle);
            foreach (var step in steps)
            {
                if (step % 4 == 0 && next < quotas.Length)
                {
                    // Refused where the cluster is too small or the role holds more already: then it is not promised.
                    var quota = quotas[next++];
                    if (Update(world.Cluster, quota.ToConfig()) is null)
                    {
                        standing[quota.Role] = quota;
                    }
                }
                else
                {
                    Live(world, plan, step / 4);
                }

                // Twice: what was taken back from others is free at the next cycle.
                var made = world.Pass(2 * Cycle);
                world.NothingIsGivenTwice();
                foreach (var quota in standing.Values)
                {
                    IsKept(world, plan, quota);
                }

                IsKeptFree(world, standing, made);
            }
        });

    /// <summary>
    /// No offer outlives the timeout. Who let one expire goes behind everybody who answers, and gets no more than half of
    /// an agent until it answers.
    /// </summary>
    [Fact]
    public void One_that_never_answers_holds_at_most_half_of_an_agent_and_nothing_beyond_the_timeout() => Check(
        30,
        from plan in Plans(Flat)
        from steps in Gen.Choose(0, int.MaxValue - 1).ArrayOf(60)
        select (plan, steps),
        test =>
        {
            var (plan, steps) = test;
            var timeout = TimeSpan.FromSeconds(10);
            var world = plan.Build(options => options with { OfferTimeout = timeout });
            var silent = world.Frameworks[0];
            world.AddFramework("a");
            foreach (var step in steps)
            {
                var wasLate = silent.Rescinded.Count > 0;
                var made = world.Pass(Cycle);
                world.NothingIsGivenTwice();
                foreach (var open in world.Open.Where(open => open.Framework == silent))
                {
                    (world.Cluster.Now - open.Made).ShouldBeLessThanOrEqualTo(timeout);
                }

                foreach (var late in made.Where(offer => wasLate && offer.Framework == silent))
                {
                    var agent = world.Agents.Single(agent => agent.Id == late.Offer.AgentId);
                    foreach (var name in (string[])["cpus", "mem"])
                    {
                        var held = world.Open.Where(open => open.Framework == silent && open.Offer.AgentId.Equals(agent.Info.Id))
                            .Sum(open => open.Resources.Millis(name));
                        held.ShouldBeLessThanOrEqualTo(
                            Protocol.Resources.ResourceSet.FromWire(agent.Info.Resources).Millis(name) / 2, $"{name} of {agent.Info.Hostname}");
                    }
                }

                foreach (var open in world.Open.Where(open => open.Framework != silent).ToList())
                {
                    if ((step + open.Number) % 3 == 0)
                    {
                        world.Decline(open, refuseSeconds: 5);
                    }
                    else
                    {
                        world.Use(open);
                    }
                }

                if (step % 2 == 0 && world.Tasks.Count > 0)
                {
                    world.End(world.Tasks[step % world.Tasks.Count]);
                }
            }
        });

    /// <summary>
    /// Equal shares take turns: of those that hold nothing everybody gets an offer within as many cycles as there are roles,
    /// times the frameworks of the fullest one, even when all others refuse theirs for no time at all.
    /// </summary>
    [Fact]
    public void One_that_holds_nothing_gets_an_offer_within_a_bounded_number_of_cycles() => Check(
        100,
        Plans(Flat),
        plan =>
        {
            var world = plan.Build();
            var roles = plan.Clients.GroupBy(role => role).ToList();
            var bound = roles.Count * roles.Max(role => role.Count());
            for (var cycle = 0; cycle < bound; cycle++)
            {
                world.Pass(Cycle);
                foreach (var open in world.Open.ToList())
                {
                    world.Decline(open, refuseSeconds: 0);
                }
            }

            world.Frameworks.ShouldAllBe(framework => framework.Offers.Count > 0);
        });

    private static Gen<RoleQuotaPlan> AnyQuota =>
        from role in Gen.Elements(Flat)
        from cpus in Gen.Choose(0, 12)
        from memory in Gen.Choose(0, 48)
        from moreCpus in Gen.Choose(0, 8)
        from moreMemory in Gen.Choose(0, 32)
        from isLimited in Gen.Elements(true, false)
        select new RoleQuotaPlan(
            role, new Machine(cpus, memory), isLimited ? new Machine(cpus + moreCpus, memory + moreMemory) : null);

    private static Gen<Plan> Plans(string[] roles) =>
        from agents in Gen.Choose(1, 12)
        from machines in AnyMachine.ArrayOf(agents)
        from weights in Gen.Elements(SomeWeights).ArrayOf(roles.Length)
        from frameworks in Gen.Choose(1, 8)
        from clients in Gen.Elements(roles).ArrayOf(frameworks)
        select new Plan(machines, roles.Zip(weights).ToDictionary(pair => pair.First, pair => pair.Second), clients);

    // The same cases each time: what fails is a change of the code, and not today's luck.
    private static void Check<T>(int count, Gen<T> cases, Action<T> test) => FsCheck.Check.One(
        FsCheck.Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(2026, 0x9E3779B97F4A7C15),
        Prop.ForAll(cases.ToArbitrary(), test));

    /// <summary>One thing happens: an offer is used, a task ends, an agent comes.</summary>
    private static void Live(FairWorld world, Plan plan, int step)
    {
        if (step % 3 == 0 && world.Tasks.Count > 0)
        {
            world.End(world.Tasks[step / 3 % world.Tasks.Count]);
        }
        else if (step % 3 == 1 && world.Agents.Count < 2 * plan.Machines.Length)
        {
            world.AddAgent(plan.Machines[step / 3 % plan.Machines.Length]);
        }
        else if (world.Open.Count > 0)
        {
            world.Use(world.Open[step / 3 % world.Open.Count]);
        }
    }

    private static void EachWentToTheSmallest(Plan plan, FairWorld world, List<Held> before, List<Held> made)
    {
        var groups = Competitors(world);
        foreach (var offer in made)
        {
            foreach (var place in PathOf(offer.Framework))
            {
                var own = plan.Weighted(world, before, place);
                foreach (var other in groups.Single(group => group.Contains(place)))
                {
                    own.ShouldBeLessThanOrEqualTo(plan.Weighted(world, before, other) + Rounding, $"{place} was served before {other}");
                }
            }

            before.Add(offer);
        }
    }

    private static void IsKept(FairWorld world, Plan plan, RoleQuotaPlan quota)
    {
        foreach (var name in (string[])["cpus", "mem"])
        {
            var held = world.HeldBy(quota.Role, name);
            if (quota.Limits is not null)
            {
                held.ShouldBeLessThanOrEqualTo(quota.LimitOf(name), $"{name} of role {quota.Role}");
            }

            if (held >= quota.GuaranteeOf(name) || !plan.Clients.Contains(quota.Role))
            {
                continue;
            }

            world.Agents.ShouldAllBe(agent => world.FreeOn(agent, name) == 0, $"role {quota.Role} has {held} of its {name}");
        }
    }

    /// <summary>Also for roles where nobody is who could take it.</summary>
    private static void IsKeptFree(FairWorld world, Dictionary<string, RoleQuotaPlan> standing, List<Held> made)
    {
        foreach (var name in (string[])["cpus", "mem"])
        {
            var needed = standing.Values.Sum(quota => Math.Max(0, quota.GuaranteeOf(name) - world.HeldBy(quota.Role, name)));
            if (needed <= world.Agents.Sum(agent => world.FreeOn(agent, name)))
            {
                continue;
            }

            foreach (var offer in made.Where(offer => offer.Resources.Millis(name) > 0))
            {
                world.HeldBy(offer.Role, name).ShouldBeLessThanOrEqualTo(
                    standing.TryGetValue(offer.Role, out var other) ? other.GuaranteeOf(name) : 0,
                    $"role {offer.Role} got {name} of which {needed} is needed for guarantees");
            }
        }
    }

    /// <summary>Places with the same place above them.</summary>
    private static List<List<string>> Competitors(FairWorld world) =>
        [.. world.Frameworks.SelectMany(PathOf).Distinct().GroupBy(place => place[..Math.Max(0, place.LastIndexOf('/'))])
            .Select(group => group.ToList())];

    private static IEnumerable<Held> HeldAt(IEnumerable<Held> all, string place) =>
        all.Where(held => PathOf(held.Framework).Contains(place));

    private sealed record Plan(Machine[] Machines, Dictionary<string, double> Weights, string[] Clients)
    {
        public FairWorld Build(Func<KernelOptions, KernelOptions>? configure = null)
        {
            var world = new FairWorld(options => (configure ?? (static same => same))(options with { Weights = Weights }));
            foreach (var machine in Machines)
            {
                world.AddAgent(machine);
            }

            foreach (var role in Clients)
            {
                world.AddFramework(role);
            }

            return world;
        }

        public double WeightOf(string place) => Weights.GetValueOrDefault(place, 1);

        public double Weighted(FairWorld world, IEnumerable<Held> all, string place) =>
            world.ShareOf(HeldAt(all, place)) / WeightOf(place);

        public override string ToString() =>
            $"agents {string.Join<Machine>(", ", Machines)}; weights {string.Join(", ", Weights)}; frameworks in {string.Join(", ", Clients)}";
    }

    private sealed record RoleQuotaPlan(string Role, Machine Guarantees, Machine? Limits)
    {
        public long GuaranteeOf(string name) => Of(Guarantees, name);

        public long LimitOf(string name) => Of(Limits!, name);

        public Protocol.V1.Quota.QuotaConfig ToConfig() => QuotaCalls.Config(Role, Guarantees.ToString(), Limits?.ToString() ?? string.Empty);

        private static long Of(Machine machine, string name) =>
            name == "cpus" ? machine.Cpus * 1000L : machine.Memory * Machine.MemoryStep * 1000L;
    }
}
