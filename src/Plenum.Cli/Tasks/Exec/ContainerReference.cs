using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Protocol.V1;

namespace Plenum.Cli.Tasks.Exec;

/// <summary>Container ids from the master's JSON.</summary>
internal static class ContainerReference
{
    // Mesos allows 32 levels; the kernel refuses deeper process namespaces.
    private const int MaximumLevels = 32;

    public static ContainerID Read(JsonElement json) => Read(json, 0);

    private static ContainerID Read(JsonElement json, int level)
    {
        var container = new ContainerID { Value = json.Text("value") };
        if (json.Member("parent") is { } parent && level < MaximumLevels)
        {
            container.Parent = Read(parent, level + 1);
        }
        return container;
    }
}
