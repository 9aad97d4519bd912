using FsCheck;
using FsCheck.Fluent;
using Plenum.Protocol.V1;
using ReservationInfo = Plenum.Protocol.V1.Resource.Types.ReservationInfo;

namespace Plenum.Protocol.Tests.Resources;

/// <summary>Lists of divisible resources in the refined format, small enough to collide often.</summary>
internal static class ResourceGenerators
{
    private static Gen<Resource> Scalar =>
        from name in Gen.Elements("cpus", "mem", "disk", "gpus")
        from millis in Gen.Choose(0, 5_000)
        from isRevocable in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new Resource
        {
            Name = name,
            Type = Value.Types.Type.Scalar,
            Scalar = new Value.Types.Scalar { Value = millis / 1000.0 },
            Revocable = isRevocable ? new Resource.Types.RevocableInfo() : null,
        };

    private static Gen<Resource> Ports =>
        from bounds in Gen.ListOf(Gen.Two(Gen.Choose(0, 60)), 3)
        select new Resource
        {
            Name = "ports",
            Type = Value.Types.Type.Ranges,
            Ranges = new Value.Types.Ranges
            {
                Range =
                {
                    bounds.Select(b => new Value.Types.Range
                    {
                        Begin = (ulong)Math.Min(b.Item1, b.Item2),
                        End = (ulong)Math.Max(b.Item1, b.Item2),
                    }),
                },
            },
        };

    private static Gen<Resource> Zones =>
        from items in Gen.SubListOf("a", "b", "c", "d")
        select new Resource { Name = "zones", Type = Value.Types.Type.Set, Set = new Value.Types.Set { Item = { items } } };

    private static Gen<IReadOnlyList<ReservationInfo>> Stack => Gen.Elements<IReadOnlyList<ReservationInfo>>(
        [],
        [],
        [Level("web", isDynamic: false)],
        [Level("web", isDynamic: true)],
        [Level("web", isDynamic: true, principal: "ops")],
        [Level("web", isDynamic: true, principal: "ops", label: "blue")],
        [Level("web", isDynamic: false), Level("web/shop", isDynamic: true)]);

    private static Gen<Resource> One =>
        from resource in Gen.OneOf(Scalar, Scalar, Ports, Zones)
        from stack in Stack
        from allocation in Gen.Elements<string?>(null, null, "web", "batch")
        select With(resource, stack, allocation);

    internal static Arbitrary<Resource[]> List => Gen.Sized(size => Gen.ArrayOf(One, Math.Min(size, 12))).ToArbitrary();

    private static Resource With(Resource resource, IReadOnlyList<ReservationInfo> stack, string? allocation)
    {
        var made = resource.Clone();
        made.Reservations.Add(stack.Select(level => level.Clone()));
        made.AllocationInfo = allocation is null ? null : new Resource.Types.AllocationInfo { Role = allocation };
        return made;
    }

    private static ReservationInfo Level(string role, bool isDynamic, string? principal = null, string? label = null)
    {
        var level = new ReservationInfo
        {
            Role = role,
            Type = isDynamic ? ReservationInfo.Types.Type.Dynamic : ReservationInfo.Types.Type.Static,
        };
        if (principal is not null)
        {
            level.Principal = principal;
        }

        if (label is not null)
        {
            level.Labels = new Labels { Labels_ = { new Label { Key = "color", Value = label } } };
        }

        return level;
    }
}
