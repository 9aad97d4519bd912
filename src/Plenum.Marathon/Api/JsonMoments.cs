using System.Text.Json;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Api;

internal static class JsonMoments
{
    /// <summary>Nothing for no moment.</summary>
    public static void WriteMoment(this Utf8JsonWriter writer, string name, DateTimeOffset? moment)
    {
        if (moment is { } value)
        {
            writer.WriteString(name, Timestamp.From(value).ToString());
        }
    }
}
