using System.Text.Json;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Pods;

/// <summary>Pods in words.</summary>
internal static class PodText
{
    public static int Stable(JsonElement status) =>
        status.Items("instances").Count(instance => instance.Text("status") == "STABLE");

    public static long Wanted(JsonElement status) =>
        status.Member("spec")?.Member("scaling")?.Integer("instances") ?? 0;

    /// <summary>Instances of the queue's entries that are of this pod.</summary>
    public static long Waiting(IEnumerable<JsonElement> queue, string id) =>
        queue.Where(item => item.Member("pod")?.Text("id") == id).Sum(item => item.Integer("count"));
}
