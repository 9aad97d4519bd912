using System.Collections.Immutable;
using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Api.Queue;

internal static class QueueView
{
    public static void Write(Utf8JsonWriter writer, QueueItem item, DateTimeOffset now, bool withOffers)
    {
        writer.WriteStartObject();
        writer.WriteNumber("count", item.Count);
        writer.WriteString("role", item.Role);
        writer.WriteMoment("since", item.Since);

        // "Overdue" means not backed off: the dashboard shows "Delayed" exactly when it is false.
        var left = item.DelayedUntil - now;
        writer.WriteStartObject("delay");
        writer.WriteNumber("timeLeftSeconds", left > TimeSpan.Zero ? (long)Math.Ceiling(left.TotalSeconds) : 0);
        writer.WriteBoolean("overdue", left <= TimeSpan.Zero);
        writer.WriteEndObject();
        WriteSummary(writer, item);
        WriteWaiting(writer, item, now);
        if (withOffers)
        {
            writer.WriteStartArray("lastUnusedOffers");
            foreach (var unused in item.LastUnusedOffers)
            {
                WriteUnused(writer, unused);
            }

            writer.WriteEndArray();
        }

        if (item.Spec is PodDefinition pod)
        {
            writer.WritePropertyName("pod");
            PodWriter.Write(writer, pod);
        }
        else
        {
            writer.WritePropertyName("app");
            AppWriter.Write(writer, (AppDefinition)item.Spec);
        }

        writer.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter writer, QueueItem item)
    {
        writer.WriteStartObject("processedOffersSummary");
        writer.WriteNumber("processedOffersCount", item.ProcessedOffers);
        writer.WriteNumber("unusedOffersCount", item.UnusedOffers);
        writer.WriteMoment("lastUnusedOfferAt", item.LastUnusedOfferAt);
        writer.WriteMoment("lastUsedOfferAt", item.LastUsedOfferAt);
        WriteCounts(writer, "rejectSummaryLastOffers", item.RejectSummaryLastOffers);
        WriteCounts(writer, "rejectSummaryLaunchAttempt", item.RejectSummaryLaunchAttempt);
        writer.WriteEndObject();
    }

    /// <summary>Ours: what is lacking on how many agents, when it is tried next, and which instances wait.</summary>
    private static void WriteWaiting(Utf8JsonWriter writer, QueueItem item, DateTimeOffset now)
    {
        writer.WriteStartObject("waiting");
        WriteNeeds(writer, item, now);
        writer.WriteStartArray("instances");
        foreach (var instance in item.Instances)
        {
            writer.WriteStartObject();
            writer.WriteString("id", instance.Id.Value);
            writer.WriteMoment("since", instance.Since);
            writer.WriteOptional("reservedOn", instance.ReservedOn);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteNeeds(Utf8JsonWriter writer, QueueItem item, DateTimeOffset now)
    {
        writer.WriteNumber("agents", item.Agents);
        writer.WriteStartArray("unmet");
        foreach (var need in item.Unmet)
        {
            writer.WriteStartObject();
            writer.WriteString("reason", need.Reason.ToString());
            writer.WriteNumber("agents", need.Agents);
            if (need.NeededBy(item.Spec) is { } needed)
            {
                writer.WriteDouble("needed", needed);
                writer.WriteDouble("offered", need.Offered);
            }

            writer.WriteOptional("rule", need.Rule?.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();

        // Without a backoff every offer that comes is looked at; agents that were declined are offered again by then.
        var delayed = item.DelayedUntil > now;
        if ((delayed ? item.DelayedUntil : item.OffersAgainAt) is { } next)
        {
            writer.WriteMoment("nextTryAt", next);
            writer.WriteString("nextTryAfter", delayed ? "backoff" : "declined offers");
        }
    }

    private static void WriteCounts(Utf8JsonWriter writer, string name, ImmutableArray<RejectCount> counts)
    {
        writer.WriteStartArray(name);
        foreach (var count in counts)
        {
            writer.WriteStartObject();
            writer.WriteString("reason", count.Reason.ToString());
            writer.WriteNumber("declined", count.Declined);
            writer.WriteNumber("processed", count.Processed);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteUnused(Utf8JsonWriter writer, UnusedOffer unused)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("offer");
        writer.WriteString("id", unused.Offer.Id?.Value ?? "");
        writer.WriteString("hostname", unused.Offer.Hostname);
        writer.WriteString("agentId", unused.Offer.AgentId?.Value ?? "");
        writer.WriteStartArray("resources");
        foreach (var resource in unused.Offer.Resources)
        {
            WriteResource(writer, resource);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("attributes");
        foreach (var attribute in unused.Offer.Attributes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", attribute.Name);
            WriteValue(
                writer,
                attribute.Type,
                attribute.Scalar,
                attribute.Ranges,
                attribute.Set,
                attribute.Text?.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartArray("reason");
        foreach (var reason in unused.Reasons)
        {
            writer.WriteStringValue(reason.ToString());
        }

        writer.WriteEndArray();
        writer.WriteMoment("timestamp", unused.Timestamp);
        writer.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter writer, Resource resource)
    {
        writer.WriteStartObject();
        writer.WriteString("name", resource.Name);
        writer.WriteString("role", resource.Reservations.Count > 0 ? resource.Reservations[^1].Role : "*");
        WriteValue(writer, resource.Type, resource.Scalar, resource.Ranges, resource.Set, text: null);
        writer.WriteEndObject();
    }

    private static void WriteValue(
        Utf8JsonWriter writer,
        Value.Types.Type type,
        Value.Types.Scalar? scalar,
        Value.Types.Ranges? ranges,
        Value.Types.Set? set,
        string? text)
    {
        switch (type)
        {
            case Value.Types.Type.Scalar:
                writer.WriteDouble("scalar", scalar?.Value ?? 0);
                break;
            case Value.Types.Type.Ranges:
                writer.WriteStartArray("ranges");
                foreach (var range in ranges?.Range ?? [])
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("begin", range.Begin);
                    writer.WriteNumber("end", range.End);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                break;
            case Value.Types.Type.Set:
                writer.WriteTexts("set", [.. set?.Item ?? []]);
                break;
            default:
                writer.WriteOptional("text", text);
                break;
        }
    }
}
