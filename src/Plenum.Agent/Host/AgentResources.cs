using System.Globalization;
using System.Text;
using System.Text.Json;
using Plenum.Agent.Graphics;
using Plenum.Http.Diagnostics;
using Plenum.Protocol.Json;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Host;

/// <summary>
/// What the agent offers: the operator's word where there is one, detection for the rest, with what
/// Mesos leaves to the machine itself (mesos.md 6.1).
/// </summary>
internal static class AgentResources
{
    private const long Megabyte = 1024 * 1024;
    private const long Gigabyte = 1024 * Megabyte;

    /// <summary>Kept from tasks: 1 GB of memory and 5 GB of disk, or half of a machine that has less than twice that.</summary>
    private const long MemoryReserve = Gigabyte;

    private const long DiskReserve = 5 * Gigabyte;

    private const string DefaultPorts = "[31000-32000]";

    /// <exception cref="AgentStartException">The operator's word is not understood.</exception>
    public static IReadOnlyList<Resource> For(string? configured, string workDirectory, int graphicsDevices = 0, string? revocable = null)
    {
        var given = Parse(configured);
        var names = given.Select(static resource => resource.Name).ToHashSet(StringComparer.Ordinal);
        var detected = new StringBuilder();
        Add("cpus", () => System.Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        Add("mem", () => Megabytes(SystemStatistics.Read().TotalMemory, MemoryReserve, Gigabyte));
        Add("disk", () => Megabytes(new DriveInfo(workDirectory).TotalSize, DiskReserve, 2 * DiskReserve));
        Add("ports", static () => DefaultPorts);
        if (graphicsDevices > 0)
        {
            Add(GraphicsDevices.Resource, () => graphicsDevices.ToString(CultureInfo.InvariantCulture));
        }

        var all = new List<Resource>(given);
        if (detected.Length > 0)
        {
            all.AddRange(ResourceSet.Parse(detected.ToString()).ToWire());
        }

        all.AddRange(Revocable(revocable));

        // More would be GPUs that nobody can be given; fewer, and which of them is left out?
        return ResourceSet.FromWire(all).Scalar(GraphicsDevices.Resource) is var gpus && gpus != graphicsDevices
            ? throw new AgentStartException(string.Create(
                CultureInfo.InvariantCulture,
                $"The agent's resources have {gpus} gpus, and --nvidia-gpu-devices names {graphicsDevices}: name a device for each."))
            : all;

        void Add(string name, Func<string> value)
        {
            if (!names.Contains(name))
            {
                detected.Append(detected.Length == 0 ? "" : ";").Append(name).Append(':').Append(value());
            }
        }
    }

    // Of cpus and memory only: a disk or a port that is taken back is not there for whoever had it.
    private static IEnumerable<Resource> Revocable(string? configured)
    {
        foreach (var resource in Parse(configured))
        {
            if (resource.Name is not ("cpus" or "mem") || resource.Reservations.Count > 0)
            {
                throw new AgentStartException($"The agent's revocable resources are wrong: '{resource.Name}' is not unreserved cpus or mem, such as cpus:2;mem:512");
            }

            resource.Revocable = new Resource.Types.RevocableInfo();
            yield return resource;
        }
    }

    private static IReadOnlyList<Resource> Parse(string? configured)
    {
        if (string.IsNullOrWhiteSpace(configured))
        {
            return [];
        }

        try
        {
            var resources = configured.TrimStart().StartsWith('[') ? FromJson(configured) : ResourceSet.Parse(configured).ToWire();
            return ResourceSet.Validate(resources) is { } problem
                ? throw new AgentStartException($"The agent's resources are wrong: {problem}")
                : [.. resources];
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or JsonException)
        {
            throw new AgentStartException($"The agent's resources cannot be read: {exception.Message}", exception);
        }
    }

    private static List<Resource> FromJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(static element =>
            MesosJson.Parse<Resource>(Encoding.UTF8.GetBytes(element.GetRawText())))];
    }

    private static string Megabytes(long? total, long reserve, long unknown)
    {
        var bytes = total switch
        {
            null => unknown,
            { } all when all < 2 * reserve => all / 2,
            { } all => all - reserve,
        };
        return (bytes / Megabyte).ToString(CultureInfo.InvariantCulture);
    }
}
