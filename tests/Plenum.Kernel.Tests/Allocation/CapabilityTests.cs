using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using FaultDomain = Plenum.Protocol.V1.DomainInfo.Types.FaultDomain;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>What a framework sees follows from what it says it understands: reference sections 2.1, 4.9 and 5.4.</summary>
public sealed class CapabilityTests
{
    [Fact]
    public void Revocable_resources_are_offered_only_to_who_asks_for_them()
    {
        var cluster = new TestCluster();
        var agent = new TestAgent("a.example", "cpus:2;mem:512");
        var revocable = new Resource
        {
            Name = "cpus",
            Type = Value.Types.Type.Scalar,
            Scalar = new Value.Types.Scalar { Value = 3 },
            Revocable = new Resource.Types.RevocableInfo(),
        };
        agent.Info.Resources.Add(revocable);
        cluster.Register(agent);
        var plain = cluster.AddFramework("plain");
        Offered(plain).Scalar("cpus").ShouldBe(2);

        plain.Suppress();
        plain.Decline(plain.Offers[0]);
        Offered(cluster.AddFramework("batch", Capability.RevocableResources)).Scalar("cpus").ShouldBe(5);
    }

    [Fact]
    public void Revocable_resources_do_not_count_against_a_limit()
    {
        var cluster = new TestCluster();
        var agent = new TestAgent("a.example", "cpus:2;mem:512");
        agent.Info.Resources.Add(new Resource
        {
            Name = "cpus",
            Type = Value.Types.Type.Scalar,
            Scalar = new Value.Types.Scalar { Value = 3 },
            Revocable = new Resource.Types.RevocableInfo(),
        });
        cluster.Register(agent);
        cluster.Operate(new Protocol.V1.Master.Call
        {
            Type = Protocol.V1.Master.Call.Types.Type.UpdateQuota,
            UpdateQuota = new Protocol.V1.Master.Call.Types.UpdateQuota
            {
                QuotaConfigs = { new Protocol.V1.Quota.QuotaConfig { Role = "r", Limits = { ["cpus"] = new Value.Types.Scalar { Value = 1 } } } },
            },
        }).ShouldBeNull();
        var info = TestFramework.InRoles("batch", "r");
        info.Capabilities.Add(new FrameworkInfo.Types.Capability { Type = Capability.RevocableResources });
        Offered(cluster.Subscribe(info)).Scalar("cpus").ShouldBe(4);
    }

    [Fact]
    public void A_refined_reservation_is_offered_only_to_who_can_read_it()
    {
        var cluster = new TestCluster();
        var agent = new TestAgent("a.example", "cpus:1;mem:512");
        agent.Info.Resources.Add(Reserved("cpus", 2, "eng", "eng/x"));
        cluster.Register(agent);
        var plain = cluster.Subscribe(TestFramework.InRoles("plain", "eng/x"));
        Offered(plain).Scalar("cpus").ShouldBe(1);

        plain.Suppress();
        plain.Decline(plain.Offers[0]);
        var info = TestFramework.InRoles("refined", "eng/x");
        info.Capabilities.Add(new FrameworkInfo.Types.Capability { Type = Capability.ReservationRefinement });
        var framework = cluster.Subscribe(info);
        Offered(framework).Scalar("cpus").ShouldBe(3);
        framework.Offers[^1].Resources.ShouldContain(resource => resource.Reservations.Count == 2 && !resource.HasRole);
    }

    [Fact]
    public void Agents_of_another_region_are_offered_only_to_who_knows_regions()
    {
        var home = Domain("home", "z1");
        var cluster = new TestCluster(options =>
        {
            options.MasterInfo.Domain = home;
            return options;
        });
        foreach (var (host, domain) in new[] { ("near", Domain("home", "z2")), ("far", Domain("abroad", "z1")) })
        {
            var agent = new TestAgent(host, "cpus:1;mem:512") { Port = host.Length };
            agent.Info.Domain = domain;
            cluster.Register(agent);
        }

        var plain = cluster.AddFramework("plain");
        cluster.Settle();
        plain.Offers.Select(offer => offer.Hostname).ShouldBe(["near"]);
        var aware = cluster.AddFramework("aware", Capability.RegionAware);
        cluster.Settle();
        aware.Offers.ShouldHaveSingleItem().Domain.FaultDomain.Region.Name.ShouldBe("abroad");
    }

    [Fact]
    public void A_framework_of_one_role_is_not_told_of_allocation_roles_and_one_of_many_is()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var one = cluster.AddFramework("one");
        var offer = one.TakeOffer();
        offer.AllocationInfo.ShouldBeNull();
        offer.Resources.ShouldAllBe(resource => resource.AllocationInfo == null && resource.Role == "*");
        one.Suppress();
        one.Decline(offer);
        cluster.Advance(TimeSpan.FromSeconds(2));

        var many = cluster.Subscribe(TestFramework.InRoles("many", "eng/x"));
        many.TakeOffer().AllocationInfo.Role.ShouldBe("eng/x");
        many.Offers[^1].Resources.ShouldAllBe(resource => resource.AllocationInfo.Role == "eng/x");
    }

    private static ResourceSet Offered(TestFramework framework) => ResourceSet.FromWire(framework.TakeOffer().Resources);

    private static DomainInfo Domain(string region, string zone) => new()
    {
        FaultDomain = new FaultDomain
        {
            Region = new FaultDomain.Types.RegionInfo { Name = region },
            Zone = new FaultDomain.Types.ZoneInfo { Name = zone },
        },
    };

    private static Resource Reserved(string name, double amount, params string[] roles)
    {
        var resource = new Resource { Name = name, Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = amount } };
        resource.Reservations.AddRange(roles.Select((role, i) => new Resource.Types.ReservationInfo
        {
            Role = role,
            Type = i == 0 ? Resource.Types.ReservationInfo.Types.Type.Static : Resource.Types.ReservationInfo.Types.Type.Dynamic,
        }));
        return resource;
    }
}
