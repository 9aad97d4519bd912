using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>
/// What is left of an offer, or of one instance's reservation in it, while instances are cut from it. Scalars in
/// milli-units. Volumes, shared and revocable resources are not touched.
/// </summary>
internal sealed class OfferPool
{
    private readonly List<ScalarPart> _scalars = [];
    private readonly List<DiskPart> _disks = [];
    private readonly List<(ScalarPart Part, long Cut)> _undecided = [];
    private readonly List<PortPart> _ports = [];

    private OfferPool(IEnumerable<Resource> resources)
    {
        foreach (var resource in resources)
        {
            if (resource.Revocable is not null || resource.Shared is not null || resource.Disk?.Persistence is not null)
            {
                continue;
            }

            var role = RoleOf(resource);
            if (resource.Type == Value.Types.Type.Scalar)
            {
                var part = new ScalarPart(resource, role) { Millis = ToMillis(resource.Scalar.Value) };
                if (resource.Disk?.Source is { } source)
                {
                    _disks.Add(new DiskPart(part, source));
                }
                else
                {
                    _scalars.Add(part);
                }
            }
            else if (resource.Type == Value.Types.Type.Ranges && resource.Name == "ports")
            {
                _ports.Add(new PortPart(
                    resource,
                    role,
                    [.. resource.Ranges.Range.Select(range => ((int)range.Begin, (int)range.End))]));
            }
        }
    }

    /// <summary>What an offer has for everybody: dynamic reservations belong to the instances they were made for.</summary>
    public static OfferPool Of(Offer offer) => new(offer.Resources.Where(resource => !IsDynamic(resource)));

    /// <summary>The resources that are reserved for one instance.</summary>
    public static OfferPool OfReservation(IEnumerable<Resource> resources) => new(resources);

    public static long ToMillis(double value) => (long)Math.Round(value * 1000, MidpointRounding.AwayFromZero);

    /// <summary>
    /// Cuts the disk of a volume with a source of its own from a whole mount or a directory; null when none suits.
    /// <see cref="Decide"/> tells whether it stays cut.
    /// </summary>
    public Resource? TryTakeDisk(Definitions.Volume.Persistent volume, IReadOnlyCollection<string> roles)
    {
        var wanted = ToMillis(volume.SizeMegabytes);
        var best = _disks
            .Where(disk => disk.Part.Millis >= wanted && roles.Contains(disk.Part.Role) && disk.Suits(volume))
            .MinBy(disk => disk.Part.Millis);
        if (best is null)
        {
            return null;
        }

        // A mounted disk goes as a whole, whatever its size.
        var cut = best.IsMount ? best.Part.Millis : wanted;
        best.Part.Millis -= cut;
        _undecided.Add((best.Part, cut));
        var resource = best.Part.Resource.Clone();
        resource.Scalar.Value = cut / 1000.0;
        return resource;
    }

    public void Decide(bool keep)
    {
        foreach (var (part, cut) in _undecided)
        {
            part.Millis += keep ? 0 : cut;
        }

        _undecided.Clear();
    }

    public bool HasAnyOf(IReadOnlyCollection<string> roles) =>
        _scalars.Exists(part => part.Millis > 0 && roles.Contains(part.Role));

    public bool Has(string name) => _scalars.Exists(part => part.Resource.Name == name && part.Millis > 0);

    public long Available(string name, IReadOnlyCollection<string> roles)
    {
        var sum = 0L;
        foreach (var part in _scalars)
        {
            if (part.Resource.Name == name && roles.Contains(part.Role))
            {
                sum += part.Millis;
            }
        }

        return sum;
    }

    public List<(int Begin, int End)> PortRanges(IReadOnlyCollection<string> roles) =>
        [.. _ports.Where(part => roles.Contains(part.Role)).SelectMany(part => part.Ranges)];

    /// <summary>Cuts an amount that <see cref="Available"/> promised, reserved parts first.</summary>
    public void Take(string name, long millis, IReadOnlyCollection<string> roles, List<Resource> taken)
    {
        foreach (var part in _scalars.OrderBy(part => part.Role == "*"))
        {
            if (millis == 0)
            {
                return;
            }

            if (part.Resource.Name != name || part.Millis == 0 || !roles.Contains(part.Role))
            {
                continue;
            }

            var cut = Math.Min(millis, part.Millis);
            part.Millis -= cut;
            millis -= cut;
            var resource = part.Resource.Clone();
            resource.Scalar.Value = cut / 1000.0;
            taken.Add(resource);
        }

        if (millis > 0)
        {
            throw new InvalidOperationException($"{millis} milli-units of {name} are missing that were counted before");
        }
    }

    /// <summary>Cuts single ports, all of which lie in the ranges of the roles.</summary>
    public void TakePorts(IReadOnlyCollection<int> ports, IReadOnlyCollection<string> roles, List<Resource> taken)
    {
        foreach (var part in _ports.OrderBy(part => part.Role == "*"))
        {
            if (!roles.Contains(part.Role))
            {
                continue;
            }

            var cut = ports.Where(port => part.Contains(port)).Order().ToList();
            if (cut.Count == 0)
            {
                continue;
            }

            cut.ForEach(part.Remove);
            var resource = part.Resource.Clone();
            resource.Ranges.Range.Clear();
            foreach (var port in cut)
            {
                var last = resource.Ranges.Range.LastOrDefault();
                if (last is not null && last.End + 1 == (ulong)port)
                {
                    last.End++;
                }
                else
                {
                    resource.Ranges.Range.Add(new Value.Types.Range { Begin = (ulong)port, End = (ulong)port });
                }
            }

            taken.Add(resource);
        }
    }

    /// <summary>The role a resource is reserved to, in either format; "*" for none.</summary>
    public static string RoleOf(Resource resource) =>
        resource.Reservations.Count > 0
            ? resource.Reservations[^1].Role
            : resource.HasRole ? resource.Role : "*";

    private static bool IsDynamic(Resource resource) =>
        resource.Reservation is not null
        || resource.Reservations.Any(reservation => reservation.Type == Resource.Types.ReservationInfo.Types.Type.Dynamic);

    private sealed class ScalarPart(Resource resource, string role)
    {
        public Resource Resource { get; } = resource;

        public string Role { get; } = role;

        public long Millis { get; set; }
    }

    private sealed record DiskPart(ScalarPart Part, Resource.Types.DiskInfo.Types.Source Source)
    {
        public bool IsMount => Source.Type == Resource.Types.DiskInfo.Types.Source.Types.Type.Mount;

        public bool Suits(Definitions.Volume.Persistent volume)
        {
            var (type, root) = volume.Type == PersistentVolumeType.Mount
                ? (Resource.Types.DiskInfo.Types.Source.Types.Type.Mount, Source.Mount?.Root)
                : (Resource.Types.DiskInfo.Types.Source.Types.Type.Path, Source.Path?.Root);
            return Source.Type == type
                && (volume.ProfileName is null || volume.ProfileName == Source.Profile)
                && (volume.MaxSizeMegabytes is not { } most || Part.Millis <= ToMillis(most))
                && volume.Constraints.All(constraint =>
                    ConstraintEvaluator.Matches(constraint.Value ?? "", root ?? "") == (constraint.Operator == ConstraintOperator.Like));
        }
    }

    private sealed class PortPart(Resource resource, string role, List<(int Begin, int End)> ranges)
    {
        public Resource Resource { get; } = resource;

        public string Role { get; } = role;

        public List<(int Begin, int End)> Ranges { get; } = ranges;

        public bool Contains(int port) => Ranges.Exists(range => range.Begin <= port && port <= range.End);

        public void Remove(int port)
        {
            var index = Ranges.FindIndex(range => range.Begin <= port && port <= range.End);
            var (begin, end) = Ranges[index];
            Ranges.RemoveAt(index);
            if (port < end)
            {
                Ranges.Insert(index, (port + 1, end));
            }

            if (begin < port)
            {
                Ranges.Insert(index, (begin, port - 1));
            }
        }
    }
}
