using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Tests.Fuzz;

/// <summary>
/// Messages of any type with any field set or not, so that new fields and calls are tried without a word here.
/// Identities come from those that were seen, so that a good part of the messages means something.
/// </summary>
internal sealed class RandomMessages(int seed)
{
    /// <summary>Deeper than any call of the API; labels and nested containers would go on for ever.</summary>
    private const int MaxDepth = 7;

    /// <summary>Seen identities kept of one kind, so that newer ones take the place of ended ones.</summary>
    private const int MaxSeen = 40;

    private static readonly string[] Junk = ["", ".", "..", "*", "a/b", "a/../b", "x\u0000y", "ünïcode", new('n', 300), "-1", "role", "role/child"];

    private static readonly string[] Amounts =
    [
        "cpus:0.5;mem:64", "cpus:0.1", "mem:32", "cpus:1;mem:128;disk:10", "ports:[31000-31001]", "cpus(role):1", "gpus:1", "cpus:1000000",
    ];

    private readonly Dictionary<string, List<string>> _seen = new(StringComparer.Ordinal);

    public Random Random { get; } = new(seed);

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public void Saw(string kind, string value)
    {
        if (!_seen.TryGetValue(kind, out var values))
        {
            _seen.Add(kind, values = []);
        }

        if (!values.Contains(value))
        {
            values.Add(value);
            if (values.Count > MaxSeen)
            {
                values.RemoveAt(0);
            }
        }
    }

    public string Pick(string kind) => _seen.TryGetValue(kind, out var values) && !Chance(0.05)
        ? values[Random.Next(values.Count)]
        : AnyString();

    public void Fill(IMessage message, int depth = 0)
    {
        var kind = message.Descriptor.Name;
        if (message is Resource resource && !Chance(0.1))
        {
            Fill(resource);
            return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (!field.IsRequired && (depth >= MaxDepth || !Chance(field.IsRepeated ? 0.25 : 0.35)))
            {
                continue;
            }

            if (field.IsMap)
            {
                continue;
            }

            if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var i = Random.Next(3); i >= 0; i--)
                {
                    list.Add(Value(field, kind, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, kind, depth));
            }
        }
    }

    private void Fill(Resource resource)
    {
        var parsed = ResourceSet.Parse(Amounts[Random.Next(Amounts.Length)]).ToWire();
        resource.MergeFrom(parsed[Random.Next(parsed.Count)]);
    }

    private object Value(FieldDescriptor field, string kind, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var child = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
                Fill(child, depth + 1);
                return child;
            case FieldType.Enum:
                var values = field.EnumType.Values;
                return Enum.ToObject(field.EnumType.ClrType, values[Random.Next(values.Count)].Number);
            case FieldType.String:
                return field.Name == "value" ? Pick(kind) : Chance(0.4) ? Pick(field.Name) : AnyString();
            case FieldType.Bytes:
                var bytes = new byte[Chance(0.8) ? 16 : Random.Next(40)];
                Random.NextBytes(bytes);
                return ByteString.CopyFrom(bytes);
            case FieldType.Bool:
                return Chance(0.5);
            case FieldType.Double:
                return AnyDouble();
            case FieldType.Float:
                return (float)AnyDouble();
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return Random.Next(-3, 40_000);
            case FieldType.UInt32 or FieldType.Fixed32:
                return (uint)Random.Next(0, 70_000);
            case FieldType.UInt64 or FieldType.Fixed64:
                return Chance(0.05) ? ulong.MaxValue : (ulong)Random.Next(0, 70_000);
            default:
                return Chance(0.05) ? long.MinValue : Random.Next(-3, 2_000_000_000);
        }
    }

    private double AnyDouble() => Random.Next(12) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        2 => -1,
        3 => 1e300,
        4 => 0,
        _ => Random.NextDouble() * 10,
    };

    private string AnyString() => Chance(0.5) ? Junk[Random.Next(Junk.Length)] : $"id{Random.Next(60)}";
}
