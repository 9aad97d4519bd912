using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>Enum names. Numbers are refused on input, as Mesos refuses them.</summary>
internal sealed class EnumCodec<TEnum> : ValueCodec<TEnum>
    where TEnum : struct, Enum
{
    private readonly Dictionary<int, byte[]> _names = [];
    private readonly Utf8Names<TEnum> _numbers;

    public EnumCodec(EnumDescriptor descriptor)
    {
        var numbers = new List<KeyValuePair<string, TEnum>>();
        foreach (var value in descriptor.Values)
        {
            // Two names of one number: the first declared is written, both are read.
            _names.TryAdd(value.Number, Encoding.ASCII.GetBytes($"\"{value.Name}\""));
            numbers.Add(new(value.Name, From(value.Number)));
        }
        _numbers = new Utf8Names<TEnum>(numbers);
    }

    public override bool HasForm(TEnum value) => _names.ContainsKey(To(value));

    public override void Write(ref JsonSink sink, TEnum value) => sink.Raw(_names[To(value)]);

    public override bool TryRead(ref Utf8JsonReader reader, out TEnum value)
    {
        if (reader.TokenType is not JsonTokenType.String)
        {
            throw Expected("the name of a value as a string", ref reader);
        }
        return _numbers.TryGet(ref reader, out value);
    }

    private static int To(TEnum value) => Unsafe.As<TEnum, int>(ref value);

    private static TEnum From(int number) => Unsafe.As<int, TEnum>(ref number);
}
