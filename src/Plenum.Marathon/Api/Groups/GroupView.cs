using System.Text.Json;
using Plenum.Marathon.Api.Apps;
using Plenum.Marathon.Api.Pods;
using Plenum.Marathon.Api.Selection;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;

namespace Plenum.Marathon.Api.Groups;

internal sealed class GroupView(MarathonSnapshot snapshot, DateTimeOffset now, GroupParts parts)
{
    private readonly AppView _apps = new(snapshot, now);
    private readonly PodStatusView _pods = new(snapshot);

    public void Write(Utf8JsonWriter writer, Group group)
    {
        writer.WriteStartObject();
        writer.WriteString("id", group.Id.Text);
        if (parts.Apps)
        {
            writer.WritePropertyName("apps");
            _apps.WriteAll(writer, group.Apps.Values, parts.AppParts);
        }

        if (parts.Groups)
        {
            writer.WriteStartArray("groups");
            foreach (var child in group.Groups.Values)
            {
                Write(writer, child);
            }

            writer.WriteEndArray();
        }

        if (parts.Pods)
        {
            // Not definitions but how they do: the dashboard reads the definition in it.
            writer.WriteStartArray("pods");
            foreach (var pod in group.Pods.Values)
            {
                _pods.Write(writer, pod);
            }

            writer.WriteEndArray();
        }

        AppWriter.WriteDependencies(writer, group.Dependencies, omitEmpty: false);
        writer.WriteString("version", group.Version.ToString());
        if (!group.Id.IsRoot && group.Id.Parent.IsRoot)
        {
            writer.WriteBoolean("enforceRole", group.EnforceRole ?? false);
        }

        writer.WriteEndObject();
    }
}
