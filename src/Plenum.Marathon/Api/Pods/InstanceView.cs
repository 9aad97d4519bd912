using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Pods;

/// <summary>What a client that killed an instance reads about it: as it was when that was decided.</summary>
internal static class InstanceView
{
    public static void Write(Utf8JsonWriter writer, Instance instance, RunSpec? spec)
    {
        writer.WriteStartObject();
        writer.WriteString("instanceId", instance.Id.Value);
        writer.WriteStartObject("state");
        writer.WriteString("condition", instance.Condition.ToString());
        writer.WriteMoment("since", instance.Since);
        writer.WriteMoment("activeSince", instance.StartedAt);
        if (instance.Healthy is { } healthy)
        {
            writer.WriteBoolean("healthy", healthy);
        }

        writer.WriteString("goal", instance.Goal.ToString());
        writer.WriteEndObject();
        if (instance.Place is { } place)
        {
            writer.WriteStartObject("agentInfo");
            writer.WriteString("host", place.Host);
            writer.WriteString("agentId", place.AgentId);
            writer.WriteOptional("region", place.Region);
            writer.WriteOptional("zone", place.Zone);
            writer.WriteStartArray("attributes");
            foreach (var (name, value) in place.Attributes)
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.WriteString("text", value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteString("runSpecVersion", instance.Version.ToString());
        AppWriter.WriteUnreachable(writer, spec?.UnreachableStrategy ?? UnreachableStrategy.Default);
        writer.WriteEndObject();
    }
}
