using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Plenum.Protocol.Json;

internal abstract class IntegerCodec<T> : ValueCodec<T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    public sealed override bool TryRead(ref Utf8JsonReader reader, out T value)
    {
        // Clients of languages without 64-bit integers send strings.
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            throw Expected("an integer", ref reader);
        }
        if (T.TryParse(reader.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        // 3.0 and 1e3 are integers too; decimal holds every 64-bit integer exactly.
        if (decimal.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var wide)
            && decimal.IsInteger(wide)
            && wide >= decimal.CreateChecked(T.MinValue)
            && wide <= decimal.CreateChecked(T.MaxValue))
        {
            value = T.CreateChecked(wide);
            return true;
        }
        throw new MesosJsonException($"expected an integer from {T.MinValue} to {T.MaxValue}");
    }
}

internal sealed class Int32Codec : IntegerCodec<int>
{
    public override void Write(ref JsonSink sink, int value) => sink.Number((long)value);
}

internal sealed class Int64Codec : IntegerCodec<long>
{
    public override void Write(ref JsonSink sink, long value) => sink.Number(value);
}

internal sealed class UInt32Codec : IntegerCodec<uint>
{
    public override void Write(ref JsonSink sink, uint value) => sink.Number((ulong)value);
}

internal sealed class UInt64Codec : IntegerCodec<ulong>
{
    public override void Write(ref JsonSink sink, ulong value) => sink.Number(value);
}

internal sealed class DoubleCodec : ValueCodec<double>
{
    // A value that is not a number has no JSON form; leaving it out reads as unset.
    public override bool HasForm(double value) => !double.IsNaN(value);

    public override void Write(ref JsonSink sink, double value) => sink.Number(value);

    public override bool TryRead(ref Utf8JsonReader reader, out double value)
    {
        switch (reader.TokenType)
        {
            // The framework turns 1e999 into infinity; a sender that means it writes the word.
            case JsonTokenType.Number when reader.TryGetDouble(out value) && double.IsFinite(value):
                return true;
            case JsonTokenType.Number:
                throw new MesosJsonException("number out of range");
            case JsonTokenType.String when StringCodec.Is(ref reader, "Infinity"u8):
                value = double.PositiveInfinity;
                return true;
            case JsonTokenType.String when StringCodec.Is(ref reader, "-Infinity"u8):
                value = double.NegativeInfinity;
                return true;
            case JsonTokenType.String when Utf8Parser.TryParse(reader.ValueSpan, out value, out var used)
                && used == reader.ValueSpan.Length
                && double.IsFinite(value):
                return true;
            default:
                throw Expected("a number", ref reader);
        }
    }
}

internal sealed class FloatCodec : ValueCodec<float>
{
    private static readonly DoubleCodec Wide = new();

    public override bool HasForm(float value) => !float.IsNaN(value);

    public override void Write(ref JsonSink sink, float value) => sink.Number(value);

    public override bool TryRead(ref Utf8JsonReader reader, out float value)
    {
        Wide.TryRead(ref reader, out var wide);
        value = (float)wide;
        return true;
    }
}

internal sealed class BooleanCodec : ValueCodec<bool>
{
    public override void Write(ref JsonSink sink, bool value) => sink.Raw(value ? "true"u8 : "false"u8);

    public override bool TryRead(ref Utf8JsonReader reader, out bool value)
    {
        value = reader.TokenType is JsonTokenType.True
            || (reader.TokenType is JsonTokenType.String && StringCodec.Is(ref reader, "true"u8));
        var no = reader.TokenType is JsonTokenType.False
            || (reader.TokenType is JsonTokenType.String && StringCodec.Is(ref reader, "false"u8));
        return value || no ? true : throw Expected("true or false", ref reader);
    }
}
