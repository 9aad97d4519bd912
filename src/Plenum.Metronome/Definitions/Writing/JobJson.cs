using System.Globalization;
using System.Text.Json;
using Plenum.Marathon.Definitions;

namespace Plenum.Metronome.Definitions.Writing;

/// <summary>Numbers and moments as the clients of Metronome read them, which is not as those of Marathon do.</summary>
internal static class JobJson
{
    // DC/OS' command line parses exactly this: an offset without colon, never Z.
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'+0000'";

    public static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    public static void WriteTime(this Utf8JsonWriter writer, string name, DateTimeOffset? moment)
    {
        if (moment is { } at)
        {
            writer.WriteString(name, Text(at));
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>Whole numbers without a fraction: the command line decodes them into integers.</summary>
    public static void WriteAmount(this Utf8JsonWriter writer, string name, double value)
    {
        if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            writer.WriteNumber(name, (long)value);
        }
        else
        {
            writer.WriteNumber(name, value);
        }
    }

    public static void WriteVariables(this Utf8JsonWriter writer, string name, ValueMap<EnvironmentValue> variables)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in variables)
        {
            if (value is EnvironmentValue.Secret secret)
            {
                writer.WriteStartObject(key);
                writer.WriteString("secret", secret.Name);
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteString(key, ((EnvironmentValue.Text)value).Value);
            }
        }

        writer.WriteEndObject();
    }
}
