using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using DiskInfo = Plenum.Protocol.V1.Resource.Types.DiskInfo;
using DiskSourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using ReservationInfo = Plenum.Protocol.V1.Resource.Types.ReservationInfo;
using ReservationType = Plenum.Protocol.V1.Resource.Types.ReservationInfo.Types.Type;

namespace Plenum.Protocol.Tests.Resources;

public sealed class ResourceRulesShould
{
    /// <summary>One broken rule each: what is done to a good persistent volume, and a word of the answer.</summary>
    public static TheoryData<string, Action<Resource>, string> Breakages => new()
    {
        { "no name", r => r.Name = string.Empty, "empty name" },
        { "text", r => r.Type = Value.Types.Type.Text, "attributes" },
        { "kind without value", r => r.Scalar = null, "without a value" },
        { "two values", r => r.Set = new Value.Types.Set(), "several types" },
        { "negative", r => r.Scalar.Value = -1, "negative" },
        { "too small", r => r.Scalar.Value = 0.0001, "granularity" },
        { "infinite", r => r.Scalar.Value = double.PositiveInfinity, "not a number" },
        { "not a number", r => r.Scalar.Value = double.NaN, "not a number" },
        { "beyond any disk", r => r.Scalar.Value = 2e12, "not a number up to" },
        { "both formats", r => r.Role = "web", "together" },
        { "no reservation type", r => r.Reservations[0].ClearType(), "type and a role" },
        { "no reservation role", r => r.Reservations[0].ClearRole(), "type and a role" },
        { "reserved to all", r => r.Reservations[0].Role = "*", "'*'" },
        { "bad role", r => r.Reservations[0].Role = "a//b", "two slashes" },
        { "static refinement", r => r.Reservations.Add(Level("web/a", ReservationType.Static)), "static" },
        { "not a child", r => r.Reservations.Add(Level("webb", ReservationType.Dynamic)), "cannot refine" },
        { "its own child", r => r.Reservations.Add(Level("web", ReservationType.Dynamic)), "cannot refine" },
        { "disk info elsewhere", r => r.Name = "mem", "disk information" },
        { "empty disk info", r => r.Disk = new DiskInfo(), "empty" },
        { "volume without persistence", r => r.Disk.Persistence = null, "not persistent" },
        { "unreserved volume", r => r.Reservations.Clear(), "needs reserved disk" },
        { "bad persistence id", r => r.Disk.Persistence.Id = "a/b", "Persistence" },
        { "no volume", r => r.Disk.Volume = null, "'volume'" },
        { "host path", r => r.Disk.Volume.HostPath = "/etc", "host path" },
        { "no container path", r => r.Disk.Volume.ContainerPath = string.Empty, "container path" },
        { "revocable volume", r => { r.Revocable = new(); r.Reservations[0].Type = ReservationType.Static; }, "revocable disk" },
        { "revocable reserved", r => { r.Revocable = new(); r.Disk = null; }, "reserved dynamically" },
        { "shared but not a volume", r => { r.Shared = new(); r.Disk = null; }, "shared" },
        { "path with mount", r => r.Disk.Source = new() { Type = DiskSourceType.Path, Mount = new() }, "PATH" },
        { "mount with path", r => r.Disk.Source = new() { Type = DiskSourceType.Mount, Path = new() }, "MOUNT" },
        { "raw with path", r => r.Disk.Source = new() { Type = DiskSourceType.Raw, Path = new() }, "RAW" },
        { "unknown source", r => r.Disk.Source = new() { Type = DiskSourceType.Unknown }, "unknown type" },
        { "bad allocation role", r => r.AllocationInfo = new() { Role = "a b" }, "whitespace" },
    };

    [Theory]
    [MemberData(nameof(Breakages))]
    public void Name_the_rule_that_is_broken(string what, Action<Resource> breakIt, string word)
    {
        var resource = GoodVolume();
        ResourceSet.Validate([resource]).ShouldBeNull();
        breakIt(resource);
        ResourceSet.Validate([resource]).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Refuse_a_reservation_message_without_a_role_in_the_older_format()
    {
        var resource = ResourceSetProperties.Scalar("cpus", 1);
        resource.Reservation = new ReservationInfo { Principal = "ops" };
        ResourceSet.Validate([resource]).ShouldNotBeNull().ShouldContain("names no role");
        resource.Role = "web";
        ResourceSet.Validate([resource]).ShouldBeNull();
        resource.Reservation.Role = "web";
        ResourceSet.Validate([resource]).ShouldNotBeNull().ShouldContain("'reservations' only");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("web")]
    [InlineData("a/b-c/d.e")]
    [InlineData("...")]
    public void Accept_role_names(string role) => RoleName.Validate(role).ShouldBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("..")]
    [InlineData("a/*")]
    [InlineData("-a")]
    [InlineData("a/-b")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData("a\bb")]
    [InlineData("a\x7f")]
    public void Refuse_role_names(string role) => RoleName.Validate(role).ShouldNotBeNull();

    [Fact]
    public void Bound_role_names_and_resource_lists()
    {
        RoleName.Validate(new string('a', RoleName.MaxLength)).ShouldBeNull();
        RoleName.Validate(new string('a', RoleName.MaxLength + 1)).ShouldNotBeNull();
        var many = Enumerable.Repeat(ResourceSetProperties.Scalar("cpus", 1), ResourceRules.MaxResources + 1);
        ResourceSet.Validate(many).ShouldNotBeNull().ShouldContain("More than");
    }

    private static Resource GoodVolume()
    {
        var resource = ResourceSetProperties.Scalar("disk", 100);
        resource.Reservations.Add(Level("web", ReservationType.Dynamic));
        resource.Disk = new DiskInfo
        {
            Persistence = new DiskInfo.Types.Persistence { Id = "data" },
            Volume = new Volume { ContainerPath = "data", Mode = Volume.Types.Mode.Rw },
        };
        return resource;
    }

    private static ReservationInfo Level(string role, ReservationType type) => new() { Role = role, Type = type };
}
