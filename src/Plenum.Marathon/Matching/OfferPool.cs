using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>
/// What is left of an offer while instances are cut from it. Scalars in milli-units. Volumes, shared and
/// revocable resources and dynamic reservations are no business of stateless instances and are not touched.
/// </summary>
internal sealed class OfferPool
{
    private readonly List<ScalarPart> _scalars = [];
    private readonly List<PortPart> _ports = [];

    public OfferPool(Offer offer)
    {
        foreach (var resource in offer.Resources)
        {
            if (resource.Revocable is not null || resource.Shared is not null || IsDynamic(resource)
                || resource.Disk is { } disk && (disk.Persistence is not null || disk.Source is not null))
            {
                continue;
            }

            var role = RoleOf(resource);
            if (resource.Type == Value.Types.Type.Scalar)
            {
                _scalars.Add(new ScalarPart(resource, role) { Millis = ToMillis(resource.Scalar.Value) });
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

    public static long ToMillis(double value) => (long)Math.Round(value * 1000, MidpointRounding.AwayFromZero);

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
    private static string RoleOf(Resource resource) =>
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
