using System.Diagnostics;
using System.Text;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Native;
using Plenum.Agent.Tests.Networking;

namespace Plenum.Agent.Tests.Containers.Users;

/// <summary>Whether this machine gives containers user ids of their own, which not every kernel and file system does.</summary>
internal static class UserNamespaceSupport
{
    private static readonly Lazy<string?> Lacks = new(Probe);

    /// <summary>What is missing; null: nothing.</summary>
    public static string? Missing(IEnumerable<string> programs) =>
        NetworkFactAttribute.Missing()
        ?? (programs.FirstOrDefault(static program => HostPrograms.TryFind(program) is null) is { } missing ? $"needs {missing}, which is not installed" : null)
        ?? Lacks.Value;

    // The agent's own look at its start is asynchronous, and an attribute cannot wait.
    private static string? Probe()
    {
        using var helper = Process.Start(new ProcessStartInfo("unshare", ["--user", "cat"])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        try
        {
            helper.StandardInput.Write('.');
            helper.StandardInput.Flush();
            if (helper.StandardOutput.Read() < 0)
            {
                return $"needs user namespaces: {helper.StandardError.ReadToEnd().Trim()}";
            }

            var range = new IdRange(1_000_000);
            foreach (var map in (string[])["uid_map", "gid_map"])
            {
                using var file = new FileStream($"/proc/{helper.Id}/{map}", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                file.Write(Encoding.ASCII.GetBytes(range.Map));
            }

            using var users = UserNamespace.Of(helper.Id, range);
            foreach (var directory in (string[])["/var/tmp", "/dev/shm"])
            {
                using var tree = MountTree.Open(directory, recursive: false, users.Users);
            }

            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"needs idmapped mounts: {failure.Message}";
        }
        finally
        {
            helper.Kill();
            helper.WaitForExit();
        }
    }
}
