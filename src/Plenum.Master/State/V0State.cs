using System.Text.Json;
using Plenum.Kernel.Snapshots;

namespace Plenum.Master.State;

/// <summary>The bodies of the v0 endpoints, each from one snapshot.</summary>
internal sealed class V0State(MasterIdentity identity, MasterFlags flags)
{
    private readonly TaskFragments _fragments = new();

    public void WriteState(Utf8JsonWriter json, ClusterSnapshot state)
    {
        json.WriteStartObject();
        WriteVersionMembers(json);
        json.WriteTime("start_time", identity.StartTime);
        json.WriteTime("elected_time", identity.ElectedTime);
        json.WriteString("id", identity.Info.Id);
        json.WriteString("pid", identity.Info.Pid);
        json.WriteString("hostname", identity.Info.Hostname);
        json.WriteStrings("capabilities", identity.Info.Capabilities.Select(static capability => WireNames.Of(capability.Type)));
        json.WriteNumber("activated_slaves", state.Agents.Count(agent => agent.Active));
        json.WriteNumber("deactivated_slaves", state.Agents.Count(agent => !agent.Active));
        json.WriteNumber("unreachable_slaves", state.UnreachableAgents.Count);
        json.WriteMessage("domain", identity.Info.Domain);
        json.WriteString("leader", identity.Info.Pid);
        json.WriteStartObject("leader_info");
        json.WriteString("id", identity.Info.Id);
        json.WriteString("pid", identity.Info.Pid);
        json.WriteNumber("port", identity.Info.Port);
        json.WriteString("hostname", identity.Info.Hostname);
        json.WriteMessage("domain", identity.Info.Domain);
        json.WriteEndObject();
        json.WriteString("cluster", identity.ClusterName);
        if (identity.LogFile is { } log)
        {
            json.WriteString("external_log_file", log);
        }

        WriteFlagMembers(json);
        WriteAgents(json, state, full: false, only: null);
        using (var fragments = _fragments.Begin())
        {
            WriteFrameworkArrays(json, state, only: null, fragments);
        }

        json.WriteStrings("orphan_tasks", []);
        json.WriteStrings("unregistered_frameworks", []);
        json.WriteEndObject();
    }

    public void WriteSummary(Utf8JsonWriter json, ClusterSnapshot state)
    {
        var (byAgent, byFramework) = TaskCounts.Of(state);
        json.WriteStartObject();
        json.WriteString("hostname", identity.Info.Hostname);
        json.WriteString("cluster", identity.ClusterName);
        json.WriteStartArray("slaves");
        foreach (var agent in state.Agents)
        {
            var counts = byAgent.GetValueOrDefault(agent.Id.Value);
            json.WriteStartObject();
            json.WriteAgentMembers(agent);
            TaskCounts.Write(json, counts);
            json.WriteStrings("framework_ids", counts?.Partners ?? []);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("frameworks");
        foreach (var framework in state.Frameworks)
        {
            var counts = byFramework.GetValueOrDefault(framework.Id.Value);
            json.WriteStartObject();
            json.WriteFrameworkSummary(framework, state);
            TaskCounts.Write(json, counts);
            json.WriteStrings("slave_ids", counts?.Partners ?? []);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteSlaves(Utf8JsonWriter json, ClusterSnapshot state, string? only)
    {
        json.WriteStartObject();
        WriteAgents(json, state, full: true, only);
        json.WriteEndObject();
    }

    public static void WriteFrameworks(Utf8JsonWriter json, ClusterSnapshot state, string? only)
    {
        json.WriteStartObject();
        WriteFrameworkArrays(json, state, only, fragments: null);
        json.WriteStrings("unregistered_frameworks", []);
        json.WriteEndObject();
    }

    public static void WriteVersion(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteVersionMembers(json);
        json.WriteEndObject();
    }

    public void WriteFlags(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteFlagMembers(json);
        json.WriteEndObject();
    }

    private void WriteFlagMembers(Utf8JsonWriter json)
    {
        json.WriteStartObject("flags");
        foreach (var (name, value) in flags.All)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static void WriteVersionMembers(Utf8JsonWriter json)
    {
        var version = MasterIdentity.Version;
        json.WriteString("version", version.Version);
        json.WriteString("git_sha", version.GitSha);
        json.WriteString("git_branch", version.GitBranch);
        json.WriteString("git_tag", version.GitTag);
        json.WriteString("build_date", version.BuildDate);
        json.WriteDouble("build_time", version.BuildTime);
        json.WriteString("build_user", version.BuildUser);
    }

    private static void WriteAgents(Utf8JsonWriter json, ClusterSnapshot state, bool full, string? only)
    {
        json.WriteStartArray("slaves");
        foreach (var agent in state.Agents)
        {
            if (only is not null && !string.Equals(only, agent.Id.Value, StringComparison.Ordinal))
            {
                continue;
            }

            json.WriteStartObject();
            json.WriteAgentMembers(agent);
            if (full)
            {
                json.WriteFullResources(agent);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("recovered_slaves");
        foreach (var agent in state.RecoveredAgents)
        {
            if (only is null || string.Equals(only, agent.Id.Value, StringComparison.Ordinal))
            {
                json.WriteRecoveredAgent(agent);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteFrameworkArrays(
        Utf8JsonWriter json, ClusterSnapshot state, string? only, TaskFragments.Pass? fragments)
    {
        Write("frameworks", state.Frameworks);
        Write("completed_frameworks", state.CompletedFrameworks);

        void Write(string name, IEnumerable<FrameworkRecord> frameworks)
        {
            json.WriteStartArray(name);
            foreach (var framework in frameworks)
            {
                if (only is null || string.Equals(only, framework.Id.Value, StringComparison.Ordinal))
                {
                    json.WriteFramework(framework, state, fragments);
                }
            }

            json.WriteEndArray();
        }
    }
}
