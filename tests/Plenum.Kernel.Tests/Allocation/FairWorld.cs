using System.Globalization;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>
/// A cluster of frameworks with one role each, seen with their eyes: what they were offered and hold is summed from
/// the messages they got, and shares are computed anew from that, by nothing of the allocator.
/// </summary>
internal sealed class FairWorld
{
    public static readonly TimeSpan Cycle = TimeSpan.FromSeconds(1);

    private static readonly string[] Names = ["cpus", "mem"];

    private readonly List<Held> _tasks = [];
    private readonly Dictionary<TestFramework, int> _seen = [];
    private int _agents;

    public FairWorld(Func<KernelOptions, KernelOptions> configure)
    {
        Cluster = new TestCluster(options => configure(options));
    }

    public TestCluster Cluster { get; }

    public List<TestAgent> Agents { get; } = [];

    public List<TestFramework> Frameworks { get; } = [];

    /// <summary>Offers without an answer, in the order in which they were made.</summary>
    public List<Held> Open { get; } = [];

    public IReadOnlyList<Held> Tasks => _tasks;

    public IEnumerable<Held> All => Open.Concat(_tasks);

    public void AddAgent(Machine machine) =>
        Agents.Add(Cluster.AddAgent(string.Create(CultureInfo.InvariantCulture, $"{machine};ports:[31000-31009]"), $"h{_agents++}"));

    public TestFramework AddFramework(string role)
    {
        var framework = Cluster.Subscribe(TestFramework.InRoles($"f{Frameworks.Count}", role));
        Frameworks.Add(framework);
        _seen.Add(framework, 0);
        return framework;
    }

    /// <summary>Lets time pass; returns the offers made meanwhile that still stand, in their order.</summary>
    public List<Held> Pass(TimeSpan time)
    {
        Cluster.Advance(time);
        Open.RemoveAll(held => held.Framework.Rescinded.Contains(held.Offer.Id.Value));
        var made = new List<Held>();
        foreach (var framework in Frameworks)
        {
            var offers = framework.Offers;
            made.AddRange(offers.Skip(_seen[framework])
                .Where(offer => !framework.Rescinded.Contains(offer.Id.Value))
                .Select(offer => new Held(framework, offer, Cluster.Now)));
            _seen[framework] = offers.Count;
        }

        made.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        Open.AddRange(made);
        return made;
    }

    /// <summary>One task of everything that was offered.</summary>
    public void Use(Held held)
    {
        Open.Remove(held);
        var task = TestFramework.Task(held.Offer, held.Task);
        task.Resources.Clear();
        task.Resources.AddRange(held.Offer.Resources);
        held.Framework.Launch(held.Offer, task);
        held.Framework.Updates.ShouldNotContain(status => status.State == TaskState.TaskError);
        _tasks.Add(held);
    }

    public void Decline(Held held, double refuseSeconds)
    {
        Open.Remove(held);
        held.Framework.Decline(held.Offer, refuseSeconds);
    }

    public void End(Held held)
    {
        _tasks.Remove(held);
        Agents.Single(agent => agent.Id == held.Offer.AgentId).Update(held.Framework, held.Task, TaskState.TaskFinished);
    }

    public long Total(string name) => Agents.Sum(agent => ResourceSet.FromWire(agent.Info.Resources).Millis(name));

    /// <summary>What a role and those below it hold of a name.</summary>
    public long HeldBy(string role, string name) =>
        All.Where(held => held.Role == role || RoleName.IsStrictChild(held.Role, role)).Sum(held => held.Resources.Millis(name));

    public long FreeOn(TestAgent agent, string name) =>
        ResourceSet.FromWire(agent.Info.Resources).Millis(name)
        - All.Where(held => held.Offer.AgentId.Equals(agent.Info.Id)).Sum(held => held.Resources.Millis(name));

    /// <summary>Offers and tasks on an agent are never more than it has: amounts and single ports.</summary>
    public void NothingIsGivenTwice()
    {
        foreach (var agent in Agents)
        {
            var total = ResourceSet.FromWire(agent.Info.Resources).Quantities;
            var here = All.Where(held => held.Offer.AgentId.Equals(agent.Info.Id)).ToList();
            foreach (var name in (string[])[.. Names, "ports"])
            {
                here.Sum(held => held.Resources.Quantities[name]).ShouldBeLessThanOrEqualTo(total[name], $"{name} of {agent.Info.Hostname}");
            }
        }
    }

    public void NothingLiesIdle() => Agents.ShouldAllBe(agent => FreeOn(agent, "cpus") == 0 && FreeOn(agent, "mem") == 0);

    /// <summary>
    /// Everything that competes with something, as paths from the top: roles, the frameworks of a role beside its
    /// children (<c>.</c>), single frameworks.
    /// </summary>
    public static IEnumerable<string> PathOf(TestFramework framework)
    {
        var role = framework.Info.Roles[0];
        for (var slash = role.IndexOf('/'); slash >= 0; slash = role.IndexOf('/', slash + 1))
        {
            yield return role[..slash];
        }

        yield return role;
        yield return $"{role}/.";
        yield return $"{role}/./{framework.Info.Name}";
    }

    /// <summary>Largest part of any resource of the cluster.</summary>
    public double ShareOf(IEnumerable<Held> held)
    {
        var all = held.ToList();
        return Names.Max(name => all.Sum(one => one.Resources.Millis(name)) / (double)Math.Max(1, Total(name)));
    }

    internal sealed class Held(TestFramework framework, Offer offer, DateTimeOffset made)
    {
        public TestFramework Framework { get; } = framework;

        public Offer Offer { get; } = offer;

        /// <summary>At the latest.</summary>
        public DateTimeOffset Made { get; } = made;

        public ResourceSet Resources { get; } = ResourceSet.FromWire(offer.Resources);

        public string Role => Framework.Info.Roles[0];

        public string Task => $"t{Number}";

        public long Number { get; } = long.Parse(offer.Id.Value[(offer.Id.Value.LastIndexOf('O') + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Amounts that leave no crumbs: below 32 MB nothing is worth an offer.</summary>
    internal sealed record Machine(int Cpus, int Memory)
    {
        public const int MemoryStep = 64;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"cpus:{Cpus};mem:{Memory * MemoryStep}");
    }
}
