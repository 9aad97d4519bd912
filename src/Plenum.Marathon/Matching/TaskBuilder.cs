using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Protocol.V1;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;
using WireHealthCheck = Plenum.Protocol.V1.HealthCheck;

namespace Plenum.Marathon.Matching;

/// <summary>Builds the launch of one task from the definition, the instance and what the offer gave.</summary>
internal static class TaskBuilder
{
    public static TaskInfo Build(TaskRequest request)
    {
        var app = request.App;
        var task = new TaskInfo
        {
            Name = app.Id.DnsName,
            TaskId = new TaskID { Value = request.TaskId },
            AgentId = new AgentID { Value = request.Place.AgentId },
            Labels = LabelsOf(app.Labels),
            Discovery = Discovery(app, request.Ports),
        };
        task.Resources.AddRange(request.Resources);
        if (app.TaskKillGracePeriodSeconds is { } grace)
        {
            task.KillPolicy = new KillPolicy
            {
                GracePeriod = new DurationInfo { Nanoseconds = grace * 1_000_000_000L },
            };
        }

        AddLimits(app.ResourceLimits, task);
        var command = Command(app, request);
        if (app.UsesCustomExecutor)
        {
            task.Executor = CustomExecutor(app, request.TaskId, command, task);
            if (ContainerBuilder.Build(app, request) is { } around)
            {
                task.Executor.Container = around;
            }

            // What such executors have always read their settings from.
            task.Data = Google.Protobuf.ByteString.CopyFrom(AppWriter.ToJson(app));
        }
        else
        {
            task.Command = command;
            task.Container = ContainerBuilder.Build(app, request);
        }

        if (app.HealthChecks.FirstOrDefault(check => !check.IsMarathonLevel) is { } health)
        {
            task.HealthCheck = AgentHealthCheck(health, InsidePort(app, health.Port, health.PortIndex, request.Ports));
        }

        if (app.Check is { } observed)
        {
            task.Check = Check(app, observed, request.Ports);
        }

        return task;
    }

    public static Labels LabelsOf(ValueMap<string> labels)
    {
        var wire = new Labels();
        foreach (var (key, value) in labels)
        {
            wire.Labels_.Add(new Label { Key = key, Value = value });
        }

        return wire;
    }

    /// <summary>"udp,tcp" is one entry of the definition and two ports of the wire.</summary>
    public static IEnumerable<string> Protocols(PortProtocol protocol) => protocol switch
    {
        PortProtocol.Tcp => ["tcp"],
        PortProtocol.Udp => ["udp"],
        _ => ["udp", "tcp"],
    };

    public static void AddLimits(ResourceLimits? limits, TaskInfo task)
    {
        if (limits?.Cpus is { } cpus)
        {
            task.Limits["cpus"] = new Value.Types.Scalar { Value = cpus };
        }

        if (limits?.Mem is { } memory)
        {
            task.Limits["mem"] = new Value.Types.Scalar { Value = memory };
        }
    }

    private static CommandInfo Command(AppDefinition app, TaskRequest request)
    {
        var command = new CommandInfo
        {
            Environment = TaskEnvironment.Build(
                app, request.TaskId, request.Place.Host, request.Ports, request.EnvVarsPrefix, request.EnforceRole),
        };
        if (app.Cmd is { } shell)
        {
            command.Shell = true;
            command.Value = shell;
        }
        else
        {
            command.Shell = false;
            command.Arguments.AddRange(app.Args);

            // Without an image there is no entry point: the first argument is the program.
            if (app.Container is null && !app.Args.IsEmpty)
            {
                command.Value = app.Args[0];
            }
        }

        if (app.User is { } user)
        {
            command.User = user;
        }

        command.Uris.AddRange(UrisOf(app.Fetch));
        return command;
    }

    public static IEnumerable<CommandInfo.Types.URI> UrisOf(ValueList<FetchArtifact> artifacts)
    {
        foreach (var artifact in artifacts)
        {
            var uri = new CommandInfo.Types.URI
            {
                Value = artifact.Uri,
                Extract = artifact.Extract,
                Executable = artifact.Executable,
                Cache = artifact.Cache,
            };
            if (artifact.DestPath is { } destination)
            {
                uri.OutputFile = destination;
            }

            yield return uri;
        }
    }

    private static ExecutorInfo CustomExecutor(AppDefinition app, string taskId, CommandInfo command, TaskInfo task)
    {
        var path = app.Executor.Replace("'", "'\\''");
        var own = command.Clone();
        own.Shell = true;
        own.Value = $"chmod ug+rx '{path}' && exec '{path}' {app.Cmd ?? string.Join(' ', app.Args)}".TrimEnd();
        own.Arguments.Clear();
        var executor = new ExecutorInfo
        {
            Type = ExecutorInfo.Types.Type.Custom,
            ExecutorId = new ExecutorID { Value = $"marathon-{taskId}" },
            Name = app.Id.DnsName,
            Command = own,
        };

        // The offer was cut for both: what the executor takes moves from the task to it.
        executor.Resources.AddRange(ResourceShares.Take(task.Resources, (app.ExecutorResources ?? new ExecutorResources()).Demand));
        return executor;
    }

    private static DiscoveryInfo Discovery(AppDefinition app, AssignedPort[] assigned)
    {
        var ports = new Ports();
        for (var i = 0; i < assigned.Length; i++)
        {
            var (protocol, labels, network) = app.IsHostMode
                ? (app.PortDefinitions[i].Protocol, app.PortDefinitions[i].Labels, null)
                : (app.PortMappings[i].Protocol, app.PortMappings[i].Labels, First(app.PortMappings[i].NetworkNames) ?? First(app.Networks)?.Name);
            foreach (var name in Protocols(protocol))
            {
                ports.Ports_.Add(DiscoveredPort(assigned[i], name, labels, app.IsHostMode, network));
            }
        }

        return new DiscoveryInfo
        {
            Visibility = DiscoveryInfo.Types.Visibility.Framework,
            Name = app.Id.DnsName,
            Ports = ports,
        };
    }

    public static Port DiscoveredPort(
        AssignedPort assigned, string protocol, ValueMap<string> labels, bool hostMode, string? network)
    {
        var port = new Port { Number = (uint)assigned.Effective, Protocol = protocol, Labels = LabelsOf(labels) };
        if (assigned.Name is { } name)
        {
            port.Name = name;
        }

        if (!hostMode)
        {
            var onHost = assigned.Host is not null;
            port.Labels.Labels_.Add(new Label { Key = "network-scope", Value = onHost ? "host" : "container" });
            if (!onHost && network is not null)
            {
                port.Labels.Labels_.Add(new Label { Key = "network-name", Value = network });
            }
        }

        return port;
    }

    private static T? First<T>(ValueList<T> items)
        where T : class => items.IsEmpty ? null : items[0];

    /// <param name="port">Where the task listens, seen from inside its network.</param>
    public static WireHealthCheck AgentHealthCheck(HealthCheck check, int port)
    {
        var wire = new WireHealthCheck
        {
            DelaySeconds = check.DelaySeconds,
            IntervalSeconds = check.IntervalSeconds,
            TimeoutSeconds = check.TimeoutSeconds,
            ConsecutiveFailures = (uint)check.MaxConsecutiveFailures,
            GracePeriodSeconds = check.GracePeriodSeconds,
        };
        var protocol = check.IpProtocol == IpProtocol.IPv6 ? NetworkInfo.Types.Protocol.Ipv6 : NetworkInfo.Types.Protocol.Ipv4;
        switch (check.Protocol)
        {
            case HealthCheckProtocol.Command:
                wire.Type = WireHealthCheck.Types.Type.Command;
                wire.Command = new CommandInfo { Shell = true, Value = check.Command ?? "" };
                break;
            case HealthCheckProtocol.MesosTcp:
                wire.Type = WireHealthCheck.Types.Type.Tcp;
                wire.Tcp = new WireHealthCheck.Types.TCPCheckInfo
                {
                    Port = (uint)port,
                    Protocol = protocol,
                };
                break;
            default:
                wire.Type = WireHealthCheck.Types.Type.Http;
                wire.Http = new WireHealthCheck.Types.HTTPCheckInfo
                {
                    Port = (uint)port,
                    Path = check.Path ?? "/",
                    Scheme = check.Protocol == HealthCheckProtocol.MesosHttps ? "https" : "http",
                    Protocol = protocol,
                };
                break;
        }

        return wire;
    }

    private static CheckInfo Check(AppDefinition app, CheckDefinition check, AssignedPort[] ports)
    {
        var wire = new CheckInfo
        {
            DelaySeconds = check.DelaySeconds,
            IntervalSeconds = check.IntervalSeconds,
            TimeoutSeconds = check.TimeoutSeconds,
        };
        switch (check.Probe)
        {
            case CheckProbe.Http http:
                wire.Type = CheckInfo.Types.Type.Http;
                wire.Http = new CheckInfo.Types.Http
                {
                    Port = (uint)InsidePort(app, http.Port, http.PortIndex, ports),
                    Path = http.Path ?? "/",
                };
                break;
            case CheckProbe.Tcp tcp:
                wire.Type = CheckInfo.Types.Type.Tcp;
                wire.Tcp = new CheckInfo.Types.Tcp { Port = (uint)InsidePort(app, tcp.Port, tcp.PortIndex, ports) };
                break;
            case CheckProbe.Command command:
                wire.Type = CheckInfo.Types.Type.Command;
                wire.Command = new CheckInfo.Types.Command
                {
                    Command_ = new CommandInfo { Shell = true, Value = command.Shell },
                };
                break;
        }

        return wire;
    }

    /// <summary>The agent checks from inside the task's network: there a mapping's container port answers.</summary>
    private static int InsidePort(AppDefinition app, int? port, int? index, AssignedPort[] ports)
    {
        if (port is { } number)
        {
            return number;
        }

        var at = index ?? 0;
        return at < ports.Length
            ? app.IsHostMode ? ports[at].Effective : ports[at].Container
            : 0;
    }
}
