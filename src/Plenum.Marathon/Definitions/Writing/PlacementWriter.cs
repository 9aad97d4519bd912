using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

/// <summary>Only where it is asked for: clients of Marathon meet no member that they do not know.</summary>
internal static class PlacementWriter
{
    public static void Write(Utf8JsonWriter writer, Placement? placement)
    {
        if (placement is not null)
        {
            writer.WriteStartObject("placement");
            WriteMembers(writer, placement);
            writer.WriteEndObject();
        }
    }

    /// <summary>The members alone: a pod has them beside its constraints.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, Placement? placement)
    {
        if (placement is null)
        {
            return;
        }

        WriteRules(writer, "near", placement.Near);
        WriteRules(writer, "apart", placement.Apart);
        if (!placement.Prefer.IsEmpty)
        {
            writer.WriteStartArray("prefer");
            foreach (var (rule, weight) in placement.Prefer)
            {
                writer.WriteStartObject();
                writer.WriteString("field", rule.Field);
                writer.WriteString("operator", WireNames.ConstraintOperators.Of(rule.Operator));
                writer.WriteOptional("value", rule.Value);
                writer.WriteNumber("weight", weight);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (placement.WaitSeconds > 0)
        {
            writer.WriteNumber("waitSeconds", placement.WaitSeconds);
        }
    }

    private static void WriteRules(Utf8JsonWriter writer, string name, ValueList<PlacementRule> rules)
    {
        if (rules.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("app", rule.App.Text);
            writer.WriteString("topology", rule.Topology);
            if (rule.Weight is { } weight)
            {
                writer.WriteNumber("weight", weight);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
