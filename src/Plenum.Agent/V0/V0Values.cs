using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Plenum.Protocol.Json;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.V0;

/// <summary>The value forms that all v0 JSON answers share (mesos.md 3.9).</summary>
internal static class V0Values
{
    // Always present in a resources object; dashboards index them without a check.
    private static readonly string[] Scalars = ["cpus", "gpus", "mem", "disk"];

    private static readonly EnumDescriptor States = MesosReflection.Descriptor.EnumTypes.Single(static type => type.Name == nameof(TaskState));

    public static string NameOf(TaskState state) => States.FindValueByNumber((int)state)?.Name ?? state.ToString();

    /// <summary>Scalars summed, ports as text.</summary>
    public static void WriteResources(this Utf8JsonWriter json, string name, IEnumerable<Resource> resources)
    {
        var all = resources as IReadOnlyCollection<Resource> ?? [.. resources];
        var firm = ResourceSet.FromWire(all.Where(static resource => resource.Revocable is null));
        json.WriteStartObject(name);
        foreach (var scalar in Scalars)
        {
            json.WriteDouble(scalar, firm.Scalar(scalar));
        }

        foreach (var other in all
            .Where(static resource => resource.Type == Value.Types.Type.Scalar && !Scalars.Contains(resource.Name))
            .Select(static resource => resource.Name)
            .Distinct(StringComparer.Ordinal))
        {
            json.WriteDouble(other, firm.Scalar(other));
        }

        if (!firm.Ports.IsEmpty)
        {
            json.WriteString("ports", firm.Ports.ToString());
        }

        foreach (var revocable in all.Where(static resource => resource.Revocable is not null).GroupBy(static resource => resource.Name, StringComparer.Ordinal))
        {
            json.WriteDouble($"{revocable.Key}_revocable", ResourceSet.FromWire(revocable).Scalar(revocable.Key));
        }

        json.WriteEndObject();
    }

    public static void WriteReserved(this Utf8JsonWriter json, string name, ResourceSet resources)
    {
        json.WriteStartObject(name);
        foreach (var role in resources.ReservedRoles)
        {
            json.WriteResources(role, resources.ReservedTo(role).ToWire());
        }

        json.WriteEndObject();
    }

    /// <summary>Resources whole, with the old format's role beside the new one's reservations for old readers.</summary>
    public static void WriteFull(this Utf8JsonWriter json, string name, IEnumerable<Resource> resources)
    {
        json.WriteStartArray(name);
        foreach (var resource in resources)
        {
            var full = resource.Clone();
            full.Role = resource.Reservations.Count > 0 ? resource.Reservations[^1].Role : "*";
            json.WriteMessage(full);
        }

        json.WriteEndArray();
    }

    /// <summary>A double with a fraction even when whole, as Mesos prints them.</summary>
    public static void WriteDouble(this Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            json.WriteRawValue($"{(long)value}.0", skipInputValidation: true);
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }

    public static void WriteAttributes(this Utf8JsonWriter json, IEnumerable<Protocol.V1.Attribute> attributes)
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
                    json.WriteString(
                        attribute.Name,
                        $"[{string.Join(", ", attribute.Ranges.Range.Select(static range => $"{range.Begin}-{range.End}"))}]");
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
        foreach (var label in labels?.Labels_ ?? [])
        {
            json.WriteStartObject();
            json.WriteString("key", label.Key);
            if (label.HasValue)
            {
                json.WriteString("value", label.Value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteMessage(this Utf8JsonWriter json, IMessage message) =>
        json.WriteRawValue(MesosJson.Write(message), skipInputValidation: true);

    public static void WriteMessage(this Utf8JsonWriter json, string name, IMessage? message)
    {
        if (message is not null)
        {
            json.WritePropertyName(name);
            json.WriteMessage(message);
        }
    }

    public static string RoleOf(IEnumerable<Resource> resources) =>
        resources.Select(static resource => resource.AllocationInfo?.Role).FirstOrDefault(static role => !string.IsNullOrEmpty(role)) ?? "*";
}
