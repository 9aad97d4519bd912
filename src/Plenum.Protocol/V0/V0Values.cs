using System.Text.Json;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.V0;

/// <summary>The value forms that all v0 JSON answers share (mesos.md 3.9).</summary>
public static class V0Values
{
    // Always present in a resources object; dashboards index them without a check.
    private static readonly string[] Scalars = ["cpus", "gpus", "mem", "disk"];

    /// <summary>The role these resources were allocated to, <c>*</c> when nothing says.</summary>
    public static string RoleOf(IEnumerable<Resource> resources) =>
        resources.Select(static resource => resource.AllocationInfo?.Role).FirstOrDefault(static role => !string.IsNullOrEmpty(role)) ?? "*";

    /// <summary>Seconds since the epoch, with their fraction.</summary>
    public static double Seconds(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond;

    /// <summary><c>{"cpus":2.0,"gpus":0.0,"mem":1024.0,"disk":0.0,"ports":"[31000-31005]"}</c>.</summary>
    public static void WriteResources(this Utf8JsonWriter json, string name, ResourceSet resources)
    {
        json.WriteStartObject(name);
        json.WriteResourceMembers(resources);
        json.WriteEndObject();
    }

    public static void WriteResources(this Utf8JsonWriter json, string name, IEnumerable<Resource> resources) =>
        json.WriteResources(name, ResourceSet.FromWire(resources));

    public static void WriteResourceMembers(this Utf8JsonWriter json, ResourceSet resources)
    {
        foreach (var scalar in Scalars)
        {
            json.WriteScalar(scalar, SumOf(resources, scalar, revocable: false));
        }

        var entries = resources.Entries;
        for (var start = 0; start < entries.Length;)
        {
            // Entries come sorted by name.
            var name = entries[start].Name;
            var end = start + 1;
            while (end < entries.Length && string.Equals(entries[end].Name, name, StringComparison.Ordinal))
            {
                end++;
            }

            WriteNamed(json, resources, name, entries[start..end]);
            start = end;
        }
    }

    /// <summary>Role by role what is reserved to it.</summary>
    public static void WriteReserved(this Utf8JsonWriter json, string name, ResourceSet resources)
    {
        json.WriteStartObject(name);
        foreach (var role in resources.ReservedRoles)
        {
            json.WriteResources(role, resources.ReservedTo(role));
        }

        json.WriteEndObject();
    }

    /// <summary>Resources whole, with the old format's role beside the new one's reservations for old readers.</summary>
    public static void WriteFull(this Utf8JsonWriter json, string name, ResourceSet resources)
    {
        json.WriteStartArray(name);
        foreach (var resource in resources.ToWire())
        {
            resource.Role = resource.Reservations.Count > 0 ? resource.Reservations[^1].Role : "*";
            json.WriteMessage(resource);
        }

        json.WriteEndArray();
    }

    /// <summary>The same object from amounts; what is no scalar comes from <paramref name="ports"/>.</summary>
    public static void WriteResources(
        this Utf8JsonWriter json, string name, ResourceQuantities amounts, PortRanges ports)
    {
        json.WriteStartObject(name);
        foreach (var scalar in Scalars)
        {
            json.WriteScalar(scalar, amounts[scalar]);
        }

        foreach (var (other, millis) in amounts.Amounts)
        {
            if (!Scalars.Contains(other) && other is not "ports")
            {
                json.WriteScalar(other, millis);
            }
        }

        if (!ports.IsEmpty)
        {
            json.WriteString("ports", ports.ToString());
        }

        json.WriteEndObject();
    }

    /// <summary>A double with a fraction even when whole, as Mesos prints them.</summary>
    public static void WriteScalar(this Utf8JsonWriter json, string name, long millis)
    {
        json.WritePropertyName(name);
        json.WriteDouble(millis / 1000.0);
    }

    /// <summary>Seconds since the epoch.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset time)
    {
        json.WritePropertyName(name);
        json.WriteDouble(Seconds(time));
    }

    public static void WriteDouble(this Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        json.WriteDouble(value);
    }

    public static void WriteAttributes(this Utf8JsonWriter json, IEnumerable<Plenum.Protocol.V1.Attribute> attributes)
    {
        json.WriteStartObject("attributes");
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case Value.Types.Type.Scalar:
                    json.WriteDouble(attribute.Name, attribute.Scalar.Value);
                    break;
                case Value.Types.Type.Ranges:
                    json.WriteString(attribute.Name, TextOf(attribute.Ranges));
                    break;
                case Value.Types.Type.Set:
                    json.WriteString(attribute.Name, $"{{{string.Join(", ", attribute.Set.Item)}}}");
                    break;
                default:
                    json.WriteString(attribute.Name, attribute.Text?.Value ?? "");
                    break;
            }
        }

        json.WriteEndObject();
    }

    public static void WriteLabels(this Utf8JsonWriter json, Labels? labels)
    {
        json.WriteStartArray("labels");
        if (labels is not null)
        {
            foreach (var label in labels.Labels_)
            {
                json.WriteStartObject();
                json.WriteString("key", label.Key);
                if (label.HasValue)
                {
                    json.WriteString("value", label.Value);
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>A part whose v0 and v1 forms are the same.</summary>
    public static void WriteMessage(this Utf8JsonWriter json, string name, IMessage? message)
    {
        if (message is not null)
        {
            json.WritePropertyName(name);
            json.WriteMessage(message);
        }
    }

    public static void WriteMessage(this Utf8JsonWriter json, IMessage message) =>
        json.WriteRawValue(MesosJson.Write(message), skipInputValidation: true);

    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteNamed(
        Utf8JsonWriter json, ResourceSet resources, string name, ReadOnlySpan<ResourceEntry> entries)
    {
        switch (entries[0].Kind)
        {
            case Value.Types.Type.Ranges:
                json.WriteString(name, resources.Ranges(name).ToString());
                break;
            case Value.Types.Type.Set:
                var items = new SortedSet<string>(StringComparer.Ordinal);
                foreach (ref readonly var entry in entries)
                {
                    items.UnionWith(entry.Items);
                }

                json.WriteString(name, $"{{{string.Join(", ", items)}}}");
                break;
            default:
                if (!Scalars.Contains(name))
                {
                    json.WriteScalar(name, SumOf(resources, name, revocable: false));
                }

                var revocable = SumOf(resources, name, revocable: true);
                if (revocable > 0)
                {
                    json.WriteScalar($"{name}_revocable", revocable);
                }

                break;
        }
    }

    private static long SumOf(ResourceSet resources, string name, bool revocable)
    {
        long sum = 0;
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.IsRevocable == revocable && string.Equals(entry.Name, name, StringComparison.Ordinal))
            {
                sum += entry.Millis;
            }
        }

        return sum;
    }

    private static string TextOf(Value.Types.Ranges ranges) =>
        $"[{string.Join(", ", ranges.Range.Select(range => $"{range.Begin}-{range.End}"))}]";

    private static void WriteDouble(this Utf8JsonWriter json, double value)
    {
        if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            Span<byte> text = stackalloc byte[24];
            ((long)value).TryFormat(text, out var length);
            text[length++] = (byte)'.';
            text[length++] = (byte)'0';
            json.WriteRawValue(text[..length], skipInputValidation: true);
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }
}
