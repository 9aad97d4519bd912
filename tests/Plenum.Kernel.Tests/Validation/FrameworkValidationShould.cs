using Plenum.Kernel.Validation;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;

namespace Plenum.Kernel.Tests.Validation;

public sealed class FrameworkValidationShould
{
    public static TheoryData<string, Action<FrameworkInfo>, string> Breakages => new()
    {
        { "id", f => f.Id = new FrameworkID { Value = "a/b" }, "Framework ID" },
        { "role beside roles", f => f.Role = "web", "must not set 'role'" },
        { "roles without MULTI_ROLE", f => f.Capabilities.Clear(), "must not set 'roles'" },
        { "role twice", f => f.Roles.Add("web"), "listed twice" },
        { "bad role", f => f.Roles.Add("a//b"), "two slashes" },
        { "too many roles", f => f.Roles.Add(Enumerable.Range(0, 1_000).Select(i => $"r{i}")), "at most" },
        { "negative timeout", f => f.FailoverTimeout = -1, "failover_timeout" },
        { "timeout beyond nanoseconds", f => f.FailoverTimeout = 1e10, "failover_timeout" },
        { "timeout not a number", f => f.FailoverTimeout = double.NaN, "failover_timeout" },
        { "more than the registry takes", f => f.Labels = new Labels { Labels_ = { new Label { Key = new string('k', 1024 * 1024) } } }, "labels" },
        { "empty principal", f => f.Principal = string.Empty, "principal" },
        { "control in principal", f => f.Principal = "a\nb", "principal" },
        { "empty offer filter", f => Filter(f, []), "without any quantity" },
        { "negative offer filter", f => Filter(f, new() { ["cpus"] = -1 }), "at least 0" },
        { "infinite offer filter", f => Filter(f, new() { ["cpus"] = double.PositiveInfinity }), "finite" },
    };

    [Theory]
    [MemberData(nameof(Breakages))]
    public void Name_the_rule_that_is_broken(string what, Action<FrameworkInfo> breakIt, string word)
    {
        var info = Good();
        FrameworkValidation.Validate(info).ShouldBeNull();
        breakIt(info);
        FrameworkValidation.Validate(info).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Give_a_framework_without_multi_role_its_one_role()
    {
        FrameworkValidation.RolesOf(new FrameworkInfo()).ShouldBe(["*"]);
        FrameworkValidation.RolesOf(new FrameworkInfo { Role = "web" }).ShouldBe(["web"]);
        FrameworkValidation.RolesOf(Good()).ShouldBe(["web", "web/shop"]);
    }

    [Fact]
    public void Suppress_only_roles_of_the_framework()
    {
        FrameworkValidation.ValidateSuppressedRoles(Good(), ["web"]).ShouldBeNull();
        FrameworkValidation.ValidateSuppressedRoles(Good(), ["web", "batch"]).ShouldNotBeNull().ShouldContain("batch");
    }

    [Fact]
    public void Refuse_another_principal_always_and_another_user_or_checkpoint_only_in_updates()
    {
        var other = Good();
        other.Principal = "dev";
        FrameworkValidation.ValidateUpdate(Good(), other, isSubscribe: true).ShouldNotBeNull().ShouldContain("principal");
        var user = Good();
        user.User = "nobody";
        var checkpoint = Good();
        checkpoint.Checkpoint = true;
        foreach (var changed in new[] { user, checkpoint })
        {
            FrameworkValidation.ValidateUpdate(Good(), changed, isSubscribe: true).ShouldBeNull();
            FrameworkValidation.ValidateUpdate(Good(), changed, isSubscribe: false).ShouldNotBeNull();
        }

        var renamed = Good();
        renamed.Name = "renamed";
        FrameworkValidation.ValidateUpdate(Good(), renamed, isSubscribe: false).ShouldBeNull();
    }

    private static FrameworkInfo Good() => new()
    {
        User = "root",
        Name = "test",
        Principal = "ops",
        FailoverTimeout = 604_800,
        Roles = { "web", "web/shop" },
        Capabilities = { new Capability { Type = Capability.Types.Type.MultiRole } },
    };

    private static void Filter(FrameworkInfo info, Dictionary<string, double> quantities)
    {
        var alternative = new OfferFilters.Types.ResourceQuantities();
        foreach (var (name, value) in quantities)
        {
            alternative.Quantities[name] = new Value.Types.Scalar { Value = value };
        }

        info.OfferFilters["web"] = new OfferFilters
        {
            MinAllocatableResources = new OfferFilters.Types.MinAllocatableResources { Quantities = { alternative } },
        };
    }
}
