namespace Plenum.Cli.Clients;

/// <summary>Where an agent answers, from its process id in Mesos' form: <c>slave(1)@ip:port</c>.</summary>
internal static class AgentAddress
{
    public static Uri? FromProcessId(string processId)
    {
        var at = processId.IndexOf('@', StringComparison.Ordinal);
        return at >= 0 && Uri.TryCreate($"http://{processId[(at + 1)..]}/", UriKind.Absolute, out var address) ? address : null;
    }
}
