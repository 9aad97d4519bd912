using System.Globalization;
using System.Text;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>The text form of agent flags: <c>name[(role)]:value</c> joined by semicolons.</summary>
internal static class ResourceText
{
    internal static ResourceSet Parse(string text, string defaultRole)
    {
        var wire = new List<Resource>();
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            wire.Add(ParseOne(part, defaultRole));
        }

        return ResourceRules.Check(wire) is { } error ? throw new FormatException(error) : ResourceSet.FromWire(wire);
    }

    internal static string Write(ReadOnlySpan<ResourceEntry> entries)
    {
        var text = new StringBuilder();
        foreach (ref readonly var entry in entries)
        {
            text.Append(text.Length == 0 ? string.Empty : "; ").Append(entry.Name);
            foreach (var level in entry.Reservations)
            {
                text.Append(level.IsDynamic ? "(dynamic " : "(").Append(level.Role).Append(')');
            }

            if (entry.AllocationRole is { } role)
            {
                text.Append("(allocated ").Append(role).Append(')');
            }

            text.Append(entry.PersistenceId is { } id ? $"[{id}]" : string.Empty)
                .Append(entry.IsRevocable ? "{REV}" : string.Empty)
                .Append(entry.IsShared ? string.Create(CultureInfo.InvariantCulture, $"<SHARED>x{entry.Uses}") : string.Empty)
                .Append(':')
                .Append(entry.Kind switch
                {
                    Value.Types.Type.Ranges => entry.Ranges.ToString(),
                    Value.Types.Type.Set => $"{{{string.Join(", ", entry.Items)}}}",
                    _ => (entry.Millis / 1000m).ToString(CultureInfo.InvariantCulture),
                });
        }

        return text.ToString();
    }

    private static Resource ParseOne(string part, string defaultRole)
    {
        var colon = part.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
        {
            throw new FormatException($"'{part}' is not of the form name:value or name(role):value");
        }

        var (name, role) = (part[..colon].Trim(), defaultRole);
        var value = part[(colon + 1)..].Trim();
        if (name.IndexOf('(', StringComparison.Ordinal) is > 0 and var open)
        {
            if (!name.EndsWith(')'))
            {
                throw new FormatException($"'{name}' opens a role with '(' but does not close it");
            }

            (name, role) = (name[..open].Trim(), name[(open + 1)..^1].Trim());
        }

        var resource = new Resource { Name = name };
        if (!string.Equals(role, "*", StringComparison.Ordinal))
        {
            resource.Reservations.Add(Reservation.Static(role).ToWire());
        }

        return value switch
        {
            ['[', .., ']'] => WithRanges(resource, value[1..^1]),
            ['{', .., '}'] => WithSet(resource, value[1..^1]),
            _ => WithScalar(resource, value),
        };
    }

    private static Resource WithScalar(Resource resource, string value)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount))
        {
            throw new FormatException($"'{value}' of '{resource.Name}' is neither a number, [ranges] nor {{a set}}");
        }

        resource.Type = Value.Types.Type.Scalar;
        resource.Scalar = new Value.Types.Scalar { Value = amount };
        return resource;
    }

    private static Resource WithRanges(Resource resource, string value)
    {
        resource.Type = Value.Types.Type.Ranges;
        resource.Ranges = new Value.Types.Ranges();
        foreach (var range in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            if (dash < 1
                || !ulong.TryParse(range.AsSpan(0, dash).Trim(), CultureInfo.InvariantCulture, out var begin)
                || !ulong.TryParse(range.AsSpan(dash + 1).Trim(), CultureInfo.InvariantCulture, out var end))
            {
                throw new FormatException($"'{range}' of '{resource.Name}' is not of the form begin-end");
            }

            resource.Ranges.Range.Add(new Value.Types.Range { Begin = begin, End = end });
        }

        return resource;
    }

    private static Resource WithSet(Resource resource, string value)
    {
        resource.Type = Value.Types.Type.Set;
        resource.Set = new Value.Types.Set();
        resource.Set.Item.Add(value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return resource;
    }
}
