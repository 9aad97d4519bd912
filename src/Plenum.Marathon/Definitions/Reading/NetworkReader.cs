namespace Plenum.Marathon.Definitions.Reading;

/// <summary>Networks and ports, in today's form and in the forms Marathon had before 1.5.</summary>
internal static class NetworkReader
{
    public static Network? ReadNetwork(JsonField network) =>
        network.RequireObject()
            ? new Network(network["mode"].Enumeration(WireNames.NetworkModes) ?? NetworkMode.Container)
            {
                Name = network["name"].Text(),
                Labels = network["labels"].TextMap() ?? ValueMap<string>.Empty,
            }
            : null;

    public static PortMapping? ReadPortMapping(JsonField mapping) =>
        mapping.RequireObject()
            ? new PortMapping(mapping["containerPort"].Integer(0, Bounds.MaxPort) ?? 0)
            {
                HostPort = mapping["hostPort"].Integer(0, Bounds.MaxPort),
                ServicePort = mapping["servicePort"].Integer(0, Bounds.MaxPort) ?? 0,
                Protocol = ReadProtocol(mapping["protocol"]),
                Name = mapping["name"].Text(),
                Labels = mapping["labels"].TextMap() ?? ValueMap<string>.Empty,
                NetworkNames = mapping["networkNames"].Texts() ?? [],
            }
            : null;

    public static ValueList<PortDefinition>? ReadPortDefinitions(JsonField app)
    {
        var definitions = app["portDefinitions"].List(ReadPortDefinition);
        var ports = app["ports"].Integers(0, Bounds.MaxPort)?.Select(port => new PortDefinition(port));
        if (definitions is null || ports is null)
        {
            return definitions ?? ports;
        }

        // Answers of old releases carried both forms; clients send back what they read.
        if (!definitions.Select(definition => definition.Port).Equals(ports.Select(definition => definition.Port)))
        {
            app["ports"].Refuse("must not be used together with portDefinitions: name every port in portDefinitions");
        }

        return definitions;
    }

    public static AppUpdate MigrateLegacyNetworks(AppUpdate update, JsonField app, LegacyDocker? docker)
    {
        var ipAddress = app["ipAddress"];
        if (docker is null && !ipAddress.IsPresent)
        {
            return update;
        }

        if (update.Networks is not null && (ipAddress.IsPresent || docker is { NamesNetwork: true }))
        {
            (ipAddress.IsPresent ? ipAddress : app["container"]["docker"]["network"])
                .Refuse("must not be used together with networks");
            return update;
        }

        if (docker?.PortMappings is not null && update.Container?.PortMappings is not null)
        {
            app["container"]["docker"]["portMappings"].Refuse("must not be used together with container.portMappings");
            return update;
        }

        var container = docker?.PortMappings is { } mappings && update.Container is not null
            ? update.Container with { PortMappings = mappings }
            : update.Container;
        if (ipAddress.IsPresent)
        {
            return MigrateIpAddress(update with { Container = container }, ipAddress, docker);
        }

        // Host mode never had mappings that meant anything: they came with defaults of old user interfaces.
        if (docker!.Network == NetworkMode.Host && container is not null)
        {
            container = container with { PortMappings = null };
        }

        return update with
        {
            Container = container,
            Networks = docker.Network is { } mode ? [new Network(mode)] : update.Networks,
            PortDefinitions = DropPlaceholder(update.PortDefinitions, docker.Network),
        };
    }

    private static AppUpdate MigrateIpAddress(AppUpdate update, JsonField ipAddress, LegacyDocker? docker)
    {
        if (!ipAddress.RequireObject())
        {
            return update;
        }

        if (docker?.Network is NetworkMode.Bridge or NetworkMode.Host)
        {
            ipAddress.Refuse("must not be used together with docker.network BRIDGE or HOST");
            return update;
        }

        var ports = ipAddress["discovery"]["ports"].List(ReadDiscoveryPort);
        var container = update.Container ?? new Container(ContainerEngine.Mesos);
        return update with
        {
            Networks =
            [
                new Network(NetworkMode.Container)
                {
                    Name = ipAddress["networkName"].Text(),
                    Labels = ipAddress["labels"].TextMap() ?? ValueMap<string>.Empty,
                },
            ],
            Container = container.PortMappings is null && ports is not null
                ? container with { PortMappings = ports }
                : container,
            PortDefinitions = DropPlaceholder(update.PortDefinitions, NetworkMode.Container),
        };
    }

    private static PortMapping? ReadDiscoveryPort(JsonField port) =>
        port.RequireObject()
            ? new PortMapping(port["number"].Integer(0, Bounds.MaxPort) ?? 0)
            {
                Protocol = ReadProtocol(port["protocol"]),
                Name = port["name"].Text(),
                Labels = port["labels"].TextMap() ?? ValueMap<string>.Empty,
            }
            : null;

    // Old releases answered "ports" for every app, also where the mappings decided; beside a legacy network it is
    // an echo of the service ports and says nothing.
    private static ValueList<PortDefinition>? DropPlaceholder(ValueList<PortDefinition>? definitions, NetworkMode? mode) =>
        mode is NetworkMode.Host or null
        || definitions?.Any(definition => definition.Name is not null || !definition.Labels.IsEmpty) == true
            ? definitions
            : null;

    private static PortDefinition? ReadPortDefinition(JsonField definition) =>
        definition.RequireObject()
            ? new PortDefinition(definition["port"].Integer(0, Bounds.MaxPort) ?? 0)
            {
                Protocol = ReadProtocol(definition["protocol"]),
                Name = definition["name"].Text(),
                Labels = definition["labels"].TextMap() ?? ValueMap<string>.Empty,
            }
            : null;

    private static PortProtocol ReadProtocol(JsonField protocol)
    {
        // Both orders were accepted, only one is written.
        if (protocol.Kind == System.Text.Json.JsonValueKind.String
            && string.Equals(protocol.Text(), "tcp,udp", StringComparison.OrdinalIgnoreCase))
        {
            return PortProtocol.UdpAndTcp;
        }

        return protocol.Enumeration(WireNames.PortProtocols) ?? PortProtocol.Tcp;
    }
}
