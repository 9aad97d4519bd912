namespace Plenum.Agent.Tests.Networking;

/// <summary>A directory of CNI configurations and plugins that are shell scripts; each keeps what it was given.</summary>
internal sealed class PluginDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("plenum-cni-").FullName;

    /// <summary>The calls of all plugins in their order: command, type and interface.</summary>
    public IReadOnlyList<string> Calls => File.Exists(Log) ? File.ReadAllLines(Log) : [];

    private string Log => System.IO.Path.Join(Path, "calls");

    public void Configure(string file, string json) => File.WriteAllText(System.IO.Path.Join(Path, file), json);

    /// <param name="type">Its name in configurations.</param>
    /// <param name="body">What it does after it has noted its call; ADD's result goes to its output.</param>
    public void Plugin(string type, string body)
    {
        var file = System.IO.Path.Join(Path, type);
        File.WriteAllText(file, $"""
            #!/bin/sh
            cat > "{file}.$CNI_COMMAND.$CNI_IFNAME.in"
            echo "$CNI_COMMAND {type} $CNI_IFNAME" >> "{Log}"
            {body}
            """.Replace("\r", "", StringComparison.Ordinal));
        File.SetUnixFileMode(file, (UnixFileMode)0x1ed);
    }

    /// <summary>What a plugin read on its standard input.</summary>
    public string InputOf(string type, string command, string interfaceName) =>
        File.ReadAllText(System.IO.Path.Join(Path, $"{type}.{command}.{interfaceName}.in"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
