using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Tests.Json;

/// <summary>Makes any message from its descriptor and a seeded source of chance.</summary>
internal sealed class RandomMessages(Random random)
{
    private const int MaximumDepth = 5;
    private const int MaximumElements = 3;

    private static readonly double[] SpecialNumbers =
        [0, -0.0, 0.1, 1, 5, 1e16, 1e-7, double.Epsilon, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity];

    private static readonly string[] SpecialText =
        ["", "plain", "a\"b\\c/d", "line\nfeed\r\ttab\b\f\0", "Grüße", "日本語", "😀", "Infinity", "</script>", "\u007f\u2028"];

    public IMessage Next(MessageDescriptor type) => Next(type, 0);

    private IMessage Next(MessageDescriptor type, int depth)
    {
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (field.IsRequired || (random.Next(2) == 0 && (depth < MaximumDepth || !IsMessage(field))))
            {
                Fill(message, field, depth);
            }
        }
        return message;
    }

    private static bool IsMessage(FieldDescriptor field) => field.FieldType is FieldType.Message;

    private void Fill(IMessage message, FieldDescriptor field, int depth)
    {
        if (field.IsMap)
        {
            var entries = (System.Collections.IDictionary)field.Accessor.GetValue(message);
            for (var count = random.Next(MaximumElements); count > 0; count--)
            {
                entries[Text()] = Value(field.MessageType.FindFieldByNumber(2), depth);
            }
        }
        else if (field.IsRepeated)
        {
            var values = (System.Collections.IList)field.Accessor.GetValue(message);
            for (var count = random.Next(MaximumElements); count > 0; count--)
            {
                values.Add(Value(field, depth));
            }
        }
        else
        {
            field.Accessor.SetValue(message, Value(field, depth));
        }
    }

    private object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Double => Number(),
        FieldType.Float => (float)random.NextDouble(),
        FieldType.Int32 => (int)random.NextInt64(),
        FieldType.Int64 => random.NextInt64(long.MinValue, long.MaxValue),
        FieldType.UInt32 => (uint)random.NextInt64(),
        FieldType.UInt64 => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.String => Text(),
        FieldType.Bytes => ByteString.CopyFrom(Bytes()),
        FieldType.Enum => Enum.ToObject(
            field.EnumType.ClrType, field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number),
        FieldType.Message => Next(field.MessageType, depth + 1),
        _ => throw new NotSupportedException(field.FullName),
    };

    private double Number()
    {
        if (random.Next(3) == 0)
        {
            return SpecialNumbers[random.Next(SpecialNumbers.Length)];
        }
        var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
        return double.IsNaN(number) ? 0.25 : number;
    }

    private string Text()
    {
        if (random.Next(3) == 0)
        {
            return SpecialText[random.Next(SpecialText.Length)];
        }
        var text = new StringBuilder();
        for (var count = random.Next(12); count > 0; count--)
        {
            var code = random.Next(4) == 0 ? random.Next(0x10000 - 0x800) : random.Next(0x20, 0x7F);
            text.Append(new Rune(code < 0xD800 ? code : code + 0x800));
        }
        return text.ToString();
    }

    private byte[] Bytes()
    {
        var bytes = new byte[random.Next(20)];
        random.NextBytes(bytes);
        return bytes;
    }
}
