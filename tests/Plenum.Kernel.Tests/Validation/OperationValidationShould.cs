using Plenum.Kernel.Validation;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using AgentCapability = Plenum.Protocol.V1.AgentInfo.Types.Capability.Types.Type;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Tests.Validation;

public sealed class OperationValidationShould
{
    public static TheoryData<string, Action<Operation.Types.Reserve>, string> ReserveBreakages => new()
    {
        { "nothing", r => r.Resources.Clear(), "names no resources" },
        { "invalid", r => r.Resources[0].Scalar.Value = -1, "negative" },
        { "source", r => r.Source.Add(r.Resources[0].Clone()), "operator API" },
        { "static", r => r.Resources[0].Reservations[0].Type = Resource.Types.ReservationInfo.Types.Type.Static, "not dynamically" },
        { "unreserved", r => r.Resources[0].Reservations.Clear(), "not dynamically" },
        { "volume", r => r.Resources[0] = Rules.Volume(), "cannot be reserved" },
        { "other role than the offer's", r => r.Resources[0].Reservations[0].Role = "web/shop", "from an offer" },
        { "other principal", r => r.Resources[0].Reservations[0].Principal = "dev", "principal" },
    };

    public static TheoryData<string, Action<Operation.Types.Create>, string> CreateBreakages => new()
    {
        { "nothing", c => c.Volumes.Clear(), "names no resources" },
        { "not a volume", c => c.Volumes[0].Disk = null, "not a persistent volume" },
        { "read only", c => c.Volumes[0].Disk.Volume.Mode = Volume.Types.Mode.Ro, "mode RW" },
        { "id taken on the agent", c => c.Volumes[0].Disk.Persistence.Id = "taken", "already used" },
        { "id twice in one call", c => c.Volumes.Add(c.Volumes[0].Clone()), "already used" },
        { "other principal", c => c.Volumes[0].Disk.Persistence.Principal = "dev", "principal" },
        { "shared without capability", c => c.Volumes[0].Shared = new(), "SHARED_RESOURCES" },
    };

    [Theory]
    [MemberData(nameof(ReserveBreakages))]
    public void Name_the_rule_that_a_reserve_breaks(string what, Action<Operation.Types.Reserve> breakIt, string word)
    {
        var reserve = new Operation.Types.Reserve { Resources = { Reserved("web") } };
        var operation = new Operation { Type = OperationType.Reserve, Reserve = reserve };
        OperationValidation.Validate(operation, Context()).ShouldBeNull();
        breakIt(reserve);
        OperationValidation.Validate(operation, Context()).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Demand_agent_capabilities_for_nested_and_refined_reservations()
    {
        var refined = Reserved("web");
        refined.Reservations.Add(Rules.Dynamic("web/shop"));
        Reserve(refined, Context(allocationRole: "web/shop")).ShouldNotBeNull().ShouldContain("refined");
        Reserve(Reserved("web/shop"), Context(allocationRole: "web/shop")).ShouldNotBeNull().ShouldContain("hierarchical");
        Reserve(
            refined,
            Context(allocationRole: "web/shop", capabilities: [AgentCapability.HierarchicalRole, AgentCapability.ReservationRefinement]))
            .ShouldBeNull();
    }

    [Fact]
    public void Let_an_operator_reserve_for_any_role_but_a_framework_only_for_its_own()
    {
        Reserve(Reserved("batch"), Context(framework: false)).ShouldBeNull();
        Reserve(Reserved("batch"), Context(allocationRole: "batch")).ShouldNotBeNull().ShouldContain("not one of");
    }

    [Theory]
    [MemberData(nameof(CreateBreakages))]
    public void Name_the_rule_that_a_create_breaks(string what, Action<Operation.Types.Create> breakIt, string word)
    {
        var create = new Operation.Types.Create { Volumes = { Rules.Volume("fresh") } };
        var operation = new Operation { Type = OperationType.Create, Create = create };
        OperationValidation.Validate(operation, Context()).ShouldBeNull();
        breakIt(create);
        OperationValidation.Validate(operation, Context()).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Let_another_role_use_the_same_persistence_id()
    {
        var operation = new Operation
        {
            Type = OperationType.Create,
            Create = new Operation.Types.Create { Volumes = { Rules.Volume("taken", role: "web/shop") } },
        };
        OperationValidation.Validate(operation, Context(allocationRole: "web/shop")).ShouldBeNull();
    }

    [Fact]
    public void Unreserve_only_what_was_reserved_by_an_operation_and_holds_no_volume()
    {
        Unreserve(Reserved("web")).ShouldBeNull();
        Unreserve(Rules.Volume()).ShouldNotBeNull().ShouldContain("destroyed before");
        Unreserve([.. ResourceSet.Parse("cpus(web):1").ToWire()]).ShouldNotBeNull().ShouldContain("not dynamically");
        Unreserve().ShouldNotBeNull().ShouldContain("names no resources");
    }

    [Fact]
    public void Destroy_only_volumes_that_exist_and_that_nobody_uses()
    {
        Destroy(Rules.Volume("taken")).ShouldBeNull();
        Destroy(Rules.Volume("used")).ShouldNotBeNull().ShouldContain("in use");
        Destroy(Rules.Volume("unknown")).ShouldNotBeNull().ShouldContain("does not exist");
        Destroy(Reserved("web")).ShouldNotBeNull().ShouldContain("not a persistent volume");
    }

    [Fact]
    public void Give_feedback_only_where_the_agent_can_and_never_on_launches()
    {
        var operation = new Operation
        {
            Id = new OperationID { Value = "op-1" },
            Type = OperationType.Reserve,
            Reserve = new Operation.Types.Reserve { Resources = { Reserved("web") } },
        };
        OperationValidation.Validate(operation, Context()).ShouldNotBeNull().ShouldContain("feedback");
        AgentCapability[] capable = [AgentCapability.AgentOperationFeedback];
        OperationValidation.Validate(operation, Context(capabilities: capable)).ShouldBeNull();
        operation.Id.Value = "a/b";
        OperationValidation.Validate(operation, Context(capabilities: capable)).ShouldNotBeNull().ShouldContain("Operation ID");
        operation.Id.Value = "op-1";
        operation.Type = OperationType.Launch;
        OperationValidation.ValidateFeedback(operation, Context(capabilities: capable)).ShouldNotBeNull().ShouldContain("must not be set");
    }

    [Theory]
    [InlineData(OperationType.Reserve, "'reserve'")]
    [InlineData(OperationType.Unreserve, "'unreserve'")]
    [InlineData(OperationType.Create, "'create'")]
    [InlineData(OperationType.Destroy, "'destroy'")]
    [InlineData(OperationType.GrowVolume, "'grow_volume'")]
    [InlineData(OperationType.ShrinkVolume, "'shrink_volume'")]
    [InlineData(OperationType.CreateDisk, "'create_disk'")]
    [InlineData(OperationType.DestroyDisk, "'destroy_disk'")]
    [InlineData(OperationType.Unknown, "not supported")]
    public void Refuse_an_operation_without_its_body_or_that_nobody_carries_out(OperationType type, string word) =>
        OperationValidation.Validate(new Operation { Type = type }, Context()).ShouldNotBeNull().ShouldContain(word);

    private static string? Reserve(Resource resource, OperationContext context) => OperationValidation.Validate(
        new Operation { Type = OperationType.Reserve, Reserve = new Operation.Types.Reserve { Resources = { resource } } }, context);

    private static string? Unreserve(params Resource[] resources) => OperationValidation.Validate(
        new Operation { Type = OperationType.Unreserve, Unreserve = new Operation.Types.Unreserve { Resources = { resources } } }, Context());

    private static string? Destroy(Resource volume) => OperationValidation.Validate(
        new Operation { Type = OperationType.Destroy, Destroy = new Operation.Types.Destroy { Volumes = { volume } } }, Context());

    private static Resource Reserved(string role) => new()
    {
        Name = "mem",
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = 64 },
        Reservations = { Rules.Dynamic(role) },
    };

    private static OperationContext Context(
        bool framework = true, string allocationRole = Rules.Role, AgentCapability[]? capabilities = null) => new()
        {
            Framework = framework
                ? new FrameworkInfo
                {
                    Roles = { "web", "web/shop" },
                    Capabilities = { new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.MultiRole } },
                }
                : null,
            AllocationRole = framework ? allocationRole : null,
            Principal = "ops",
            AgentCapabilities = capabilities ?? [],
            AgentTotal = ResourceSet.FromWire([Rules.Volume("taken"), Rules.Volume("used")]),
            InUse = ResourceSet.FromWire([Rules.Volume("used")]),
        };
}
