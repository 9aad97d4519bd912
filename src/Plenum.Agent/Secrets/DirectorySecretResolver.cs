using Plenum.Agent.Volumes;

namespace Plenum.Agent.Secrets;

/// <summary>
/// Secrets as files below one directory: the path below it is the name. With a key, the name is a directory and the
/// key a file in it. Others than the owner must not be able to look into the directory.
/// </summary>
internal sealed class DirectorySecretResolver(string directory) : ISecretResolver
{
    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public async Task<SecretAnswer> ResolveAsync(SecretRequest request, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            return new SecretAnswer.Missing($"cannot be had: this agent's secrets directory {directory} does not exist (--secrets-dir)");
        }

        if ((File.GetUnixFileMode(directory) & OfOthers) != UnixFileMode.None)
        {
            return new SecretAnswer.Missing($"cannot be had: others may look into the agent's secrets directory; run chmod 700 {directory}");
        }

        var names = request.Name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0 || names.Append(request.Key).Any(static name => name is not null && !IsName(name)))
        {
            return new SecretAnswer.Missing("has no legal name: it is a path below the agent's secrets directory");
        }

        var path = Path.Join([directory, .. names, .. request.Key is null ? (string[])[] : [request.Key]]);
        try
        {
            if (!File.Exists(path) || !RealPath.IsWithin(RealPath.Of(path), RealPath.Of(directory)))
            {
                return new SecretAnswer.Missing("does not exist in this agent's secrets directory");
            }

            if (new FileInfo(path).Length > VolumeTranslation.MaximumSecretBytes)
            {
                return new SecretAnswer.Missing($"is larger than {VolumeTranslation.MaximumSecretBytes >> 10} KB");
            }

            return new SecretAnswer.Found(await File.ReadAllBytesAsync(path, cancellationToken));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new SecretAnswer.Missing($"cannot be read: {failure.Message}");
        }
    }

    private static bool IsName(string name) =>
        name is not ("" or "." or "..") && !name.Any(static c => c == '/' || char.IsControl(c));
}
