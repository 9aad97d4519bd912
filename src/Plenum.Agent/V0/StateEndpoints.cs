using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Launching;
using Plenum.Agent.Limits;
using Plenum.Agent.Loop;
using Plenum.Agent.Metrics;
using Plenum.Agent.Providers;
using Plenum.Http.Diagnostics;
using Plenum.Protocol.Json;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.V0;

/// <summary>The v0 reads of an agent (mesos.md 3.9).</summary>
internal sealed class StateEndpoints(
    AgentLoop loop,
    AgentIdentity identity,
    IContainerRuntime runtime,
    ContainerDirector containers,
    DiskWatcher diskUse,
    AgentMetrics metrics,
    RequestPace pace)
{
    private const string TooMany = "Too many requests for metrics wait: they are answered twice a second";
    private const string Stopping = "The agent stops: ask again when it is back";

    public static Task HealthAsync(HttpContext context) => Answers.EmptyAsync(context, StatusCodes.Status200OK);

    public static Task VersionAsync(HttpContext context, AgentIdentity identity) =>
        Answers.JsonAsync(context, json =>
        {
            json.WriteStartObject();
            WriteVersion(json, identity);
            json.WriteEndObject();
        });

    public Task FlagsAsync(HttpContext context) => Answers.JsonAsync(context, json =>
    {
        json.WriteStartObject();
        WriteFlags(json);
        json.WriteEndObject();
    });

    /// <summary>The time that Mesos lets slow metrics have; none is slow here.</summary>
    public async Task MetricsAsync(HttpContext context)
    {
        string? timeout = context.Request.Query["timeout"];
        if (timeout is not null && !DurationText.TryParse(timeout, out _))
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, $"Invalid timeout '{timeout}': it must be a number with a unit, such as 10secs");
            return;
        }

        if (!await pace.EnterAsync(context.RequestAborted))
        {
            await (pace.IsClosed
                ? Answers.TextAsync(context, StatusCodes.Status503ServiceUnavailable, Stopping)
                : Answers.TextAsync(context, StatusCodes.Status429TooManyRequests, TooMany));
            return;
        }

        var values = metrics.Snapshot(await loop.SnapshotAsync(context.RequestAborted));
        await Answers.JsonAsync(context, json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in values)
            {
                json.WriteDouble(name, value);
            }

            json.WriteEndObject();
        });
    }

    public async Task StateAsync(HttpContext context)
    {
        var snapshot = await loop.SnapshotAsync(context.RequestAborted);
        await Answers.JsonAsync(context, json => WriteState(json, snapshot));
    }

    public async Task ContainersAsync(HttpContext context)
    {
        var snapshot = await loop.SnapshotAsync(context.RequestAborted);
        var query = context.Request.Query;
        var (container, framework, executor) = (query["container_id"].ToString(), query["framework_id"].ToString(), query["executor_id"].ToString());
        await Answers.JsonAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var (owner, entry) in snapshot.Executors)
            {
                if ((container.Length == 0 || entry.Container.Value == container)
                    && (framework.Length == 0 || owner.Id.Value == framework)
                    && (executor.Length == 0 || entry.Id.Value == executor)
                    && entry.State != ExecutorState.Terminated)
                {
                    WriteUsage(json, owner, entry, withContainer: true);
                }
            }

            json.WriteEndArray();
        });
    }

    /// <summary>What containers wait for: launches with their images and downloads, kills, destructions.</summary>
    public Task PendingAsync(HttpContext context) => Answers.JsonAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("pending");
        foreach (var (container, operation) in containers.Pending)
        {
            json.WriteStartObject();
            json.WriteString("operation", operation);
            json.WriteStartObject("args");
            json.WriteString("containerId", container.Name);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public async Task StatisticsAsync(HttpContext context)
    {
        var snapshot = await loop.SnapshotAsync(context.RequestAborted);
        await Answers.JsonAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var (owner, entry) in snapshot.Executors)
            {
                if (entry.State != ExecutorState.Terminated)
                {
                    WriteUsage(json, owner, entry, withContainer: false);
                }
            }

            json.WriteEndArray();
        });
    }

    private void WriteUsage(Utf8JsonWriter json, FrameworkSnapshot framework, ExecutorSnapshot executor, bool withContainer)
    {
        var key = containers.KeyOf(executor.Container);
        json.WriteStartObject();
        json.WriteString("framework_id", framework.Id.Value);
        json.WriteString("executor_id", executor.Id.Value);
        json.WriteString("executor_name", executor.Info.Name);
        json.WriteString("source", executor.Info.Source);
        if (withContainer)
        {
            json.WriteString("container_id", executor.Container.Value);
            json.WriteMessage("status", StatusOf(executor));
        }

        json.WriteMessage("statistics", key is null ? null : Allotment.Describe(executor, diskUse.Describe(key.Value, runtime.Statistics(key))));
        json.WriteEndObject();
    }

    private ContainerStatus StatusOf(ExecutorSnapshot executor)
    {
        var status = new ContainerStatus { ContainerId = new ContainerID { Value = executor.Container.Value } };
        if (containers.KeyOf(executor.Container) is { } key)
        {
            status.NetworkInfos.AddRange(containers.NetworksOf(key));
        }

        if (executor.Pid is { } pid)
        {
            status.ExecutorPid = (uint)pid;
        }

        return status;
    }

    private void WriteState(Utf8JsonWriter json, AgentSnapshot snapshot)
    {
        var total = snapshot.Total;
        var used = snapshot.Executors
            .Where(static pair => pair.Executor.State != ExecutorState.Terminated)
            .SelectMany(static pair => ResourcesOf(pair.Executor))
            .ToArray();
        json.WriteStartObject();
        WriteVersion(json, identity);
        json.WriteDouble("start_time", Seconds(identity.Started));
        json.WriteString("id", snapshot.Agent?.Value ?? "");
        json.WriteString("pid", identity.Endpoint.Pid);
        json.WriteString("hostname", identity.Options.Hostname);
        json.WriteStartArray("capabilities");
        foreach (var capability in AgentCapabilities.All)
        {
            json.WriteStringValue(CapabilityName(capability.Type));
        }

        json.WriteEndArray();
        json.WriteMessage("drain_config", snapshot.Drain?.Config);
        if (snapshot.Drain?.Started is { } started)
        {
            json.WriteDouble("estimated_drain_start_time_seconds", started.Nanoseconds / 1e9);
        }

        json.WriteResources("resources", total.ToWire());
        json.WriteReserved("reserved_resources", total);
        json.WriteResources("unreserved_resources", total.Unreserved);
        json.WriteStartObject("reserved_resources_full");
        foreach (var role in total.ReservedRoles)
        {
            json.WriteFull(role, total.ReservedTo(role));
        }

        json.WriteEndObject();
        json.WriteFull("unreserved_resources_full", total.Unreserved);
        var allocated = ResourceSet.FromWire(used).Unallocated;
        json.WriteReserved("reserved_resources_allocated", allocated);
        json.WriteResources("unreserved_resources_allocated", allocated.Unreserved);
        json.WriteStartArray("resource_providers");
        foreach (var provider in ProviderCalls.Describe(snapshot.Providers).ResourceProviders)
        {
            json.WriteRawValue(MesosJson.Write(provider));
        }

        json.WriteEndArray();
        json.WriteAttributes(identity.Info.Attributes);
        json.WriteString("master_hostname", identity.Options.Master.Host);
        if (identity.Options.LogFile is { } log)
        {
            json.WriteString("external_log_file", log);
        }

        WriteFlags(json);
        WriteFrameworks(json, "frameworks", snapshot.Frameworks);
        WriteFrameworks(json, "completed_frameworks", snapshot.CompletedFrameworks);
        json.WriteEndObject();
    }

    private void WriteFrameworks(Utf8JsonWriter json, string name, IEnumerable<FrameworkSnapshot> frameworks)
    {
        json.WriteStartArray(name);
        foreach (var framework in frameworks)
        {
            var info = framework.Info;
            json.WriteStartObject();
            json.WriteString("id", framework.Id.Value);
            json.WriteString("name", info.Name);
            json.WriteString("user", info.User);
            json.WriteDouble("failover_timeout", info.FailoverTimeout);
            json.WriteBoolean("checkpoint", info.Checkpoint);
            json.WriteString("hostname", info.Hostname);
            if (info.HasPrincipal)
            {
                json.WriteString("principal", info.Principal);
            }

            if (info.Roles.Count > 0)
            {
                json.WriteStartArray("roles");
                foreach (var role in info.Roles)
                {
                    json.WriteStringValue(role);
                }

                json.WriteEndArray();
            }
            else
            {
                json.WriteString("role", info.Role);
            }

            WriteExecutors(json, "executors", framework, framework.Executors.Where(static executor => executor.State != ExecutorState.Terminated || executor.Tasks.Count > 0));
            WriteExecutors(json, "completed_executors", framework, framework.CompletedExecutors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteExecutors(Utf8JsonWriter json, string name, FrameworkSnapshot framework, IEnumerable<ExecutorSnapshot> executors)
    {
        json.WriteStartArray(name);
        foreach (var executor in executors)
        {
            json.WriteStartObject();
            json.WriteString("id", executor.Id.Value);
            json.WriteString("name", executor.Info.Name);
            json.WriteString("source", executor.Info.Source);
            json.WriteString("container", executor.Container.Value);
            json.WriteString("directory", executor.Sandbox.Length == 0 ? "" : Path.Combine(identity.Options.WorkDirectory, executor.Sandbox));
            json.WriteResources("resources", ResourcesOf(executor));
            json.WriteString("role", V0Values.RoleOf(executor.Tasks.SelectMany(static task => task.Task.Resources)));
            json.WriteLabels(executor.Info.Labels);
            json.WriteString("type", executor.Kind == ContainerKind.Pod ? "DEFAULT" : "CUSTOM");
            WriteTasks(json, "tasks", executor.Tasks.Where(static task => !task.Queued && !task.Terminated));
            WriteTasks(json, "queued_tasks", executor.Tasks.Where(static task => task.Queued));
            WriteTasks(json, "completed_tasks", executor.Tasks.Where(static task => task.Terminated).Concat(executor.CompletedTasks));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTasks(Utf8JsonWriter json, string name, IEnumerable<TaskSnapshot> tasks)
    {
        json.WriteStartArray(name);
        foreach (var entry in tasks)
        {
            var task = entry.Task;
            json.WriteStartObject();
            json.WriteString("id", task.TaskId.Value);
            json.WriteString("name", task.Name);
            json.WriteString("framework_id", task.FrameworkId.Value);
            json.WriteString("executor_id", task.ExecutorId?.Value ?? "");
            json.WriteString("slave_id", task.AgentId.Value);
            json.WriteString("state", StateNames.Of(task.State));
            json.WriteResources("resources", task.Resources);
            json.WriteString("role", V0Values.RoleOf(task.Resources));
            json.WriteStartArray("statuses");
            foreach (var status in task.Statuses)
            {
                json.WriteStartObject();
                json.WriteString("state", StateNames.Of(status.State));
                json.WriteDouble("timestamp", status.Timestamp);
                json.WriteMessage("container_status", status.ContainerStatus);
                if (status.HasHealthy)
                {
                    json.WriteBoolean("healthy", status.Healthy);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteLabels(task.Labels);
            json.WriteMessage("discovery", task.Discovery);
            json.WriteMessage("container", task.Container);
            json.WriteMessage("health_check", task.HealthCheck);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteFlags(Utf8JsonWriter json)
    {
        json.WriteStartObject("flags");
        foreach (var (name, value) in identity.Flags)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static IEnumerable<Resource> ResourcesOf(ExecutorSnapshot executor) =>
        executor.Info.Resources.Concat(executor.Tasks.Where(static task => !task.Terminated).SelectMany(static task => task.Task.Resources));

    private static string CapabilityName(AgentInfo.Types.Capability.Types.Type type) =>
        AgentInfo.Types.Capability.Descriptor.EnumTypes[0].FindValueByNumber((int)type)!.Name;

    private static void WriteVersion(Utf8JsonWriter json, AgentIdentity identity)
    {
        json.WriteString("version", identity.Version.Version);
        json.WriteString("git_sha", identity.Version.GitSha);
        json.WriteString("git_branch", identity.Version.GitBranch);
        json.WriteString("git_tag", identity.Version.GitTag);
        json.WriteString("build_date", identity.Version.BuildDate);
        json.WriteDouble("build_time", identity.Version.BuildTime);
        json.WriteString("build_user", identity.Version.BuildUser);
    }

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;
}
