using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Networking;

/// <summary>
/// The networks that an operator put into the configuration directory, looked up by the name inside the file. Read
/// at every use: a new file counts at once, as with Mesos.
/// </summary>
internal sealed partial class NetworkDirectory(string directory, ILogger logger)
{
    /// <summary>Files looked at; a directory with more is somebody else's.</summary>
    private const int MaxFiles = 256;

    /// <summary>Bytes of one file; real ones have one or two thousand.</summary>
    private const int MaxFileBytes = 256 * 1024;

    /// <summary>Those of CNI, DC/OS' own, and none: Mesos reads a file whatever its name is. Others are editors' copies and packages' leftovers.</summary>
    private static readonly string[] Extensions = [".conf", ".conflist", ".json", ".cni", ""];

    public NetworkConfiguration? Find(string name) =>
        ReadAll().FirstOrDefault(network => network.Name == name);

    public IReadOnlyList<string> Names() => [.. ReadAll().Select(static network => network.Name).Distinct(StringComparer.Ordinal)];

    // In the order of file names, so that of two files with one name the same wins every time.
    private List<NetworkConfiguration> ReadAll()
    {
        var networks = new List<NetworkConfiguration>();
        if (!Directory.Exists(directory))
        {
            return networks;
        }

        var files = new DirectoryInfo(directory).EnumerateFiles()
            .Where(static file => Extensions.Contains(file.Extension, StringComparer.Ordinal))
            .OrderBy(static file => file.Name, StringComparer.Ordinal)
            .Take(MaxFiles);
        foreach (var file in files)
        {
            try
            {
                if (file.Length > MaxFileBytes)
                {
                    throw new NetworkException($"it is larger than {MaxFileBytes} bytes");
                }

                networks.Add(NetworkConfiguration.Parse(File.ReadAllText(file.FullName)));
            }
            catch (Exception exception) when (exception is NetworkException or IOException or UnauthorizedAccessException)
            {
                Log.Unusable(logger, file.FullName, exception.Message);
            }
        }

        return networks;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The network configuration {File} cannot be used: {Reason}")]
        public static partial void Unusable(ILogger logger, string file, string reason);
    }
}
