using System.Globalization;
using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

internal static class JsonNumbers
{
    // The longest shortest form of a double has 24 characters.
    private const int MaxDigits = 32;

    /// <summary>Whole doubles carry ".0", as the original's serializer prints them and clients compare.</summary>
    public static void WriteDouble(this Utf8JsonWriter writer, string name, double value)
    {
        writer.WritePropertyName(name);
        writer.WriteDoubleValue(value);
    }

    public static void WriteDoubleValue(this Utf8JsonWriter writer, double value)
    {
        Span<byte> text = stackalloc byte[MaxDigits];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        if (text[..length].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }
}
