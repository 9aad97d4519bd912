using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Native;
using Plenum.Http.Files;

namespace Plenum.Agent.Fetching;

/// <summary>
/// Files of the machine that tasks name. They are opened with the rights of the task's user, as Mesos' fetcher runs as it:
/// root's would give every file of the machine to whoever may start a task.
/// </summary>
internal static class LocalFile
{
    /// <summary>Only the name: a pipe would be waited for, and a device may do something when it is opened.</summary>
    private const int OnlyTheName = 0x200000;

    /// <summary>The path in a URI; null when it is none of a file.</summary>
    public static string? PathOf(string uri) =>
        Path.IsPathRooted(uri) ? uri
        : !uri.StartsWith("file://", StringComparison.Ordinal) ? null
        : Uri.UnescapeDataString(uri["file://".Length..]) is var path && Path.IsPathRooted(path) ? path
        : throw new IOException("a file URI needs an absolute path (file:///…)");

    /// <param name="user">A name or number of the machine; null is the agent's own.</param>
    /// <exception cref="IOException">There is no such plain file, or it is not the user's to read.</exception>
    public static FileStream Open(string path, string? user)
    {
        var account = AccountOf(user);
        using var found = Open(path, OnlyTheName, followsMagic: false, account, path, user);
        if (FileStatus.Of(found) is not { IsRegular: true } status)
        {
            throw new IOException(FileStatus.Of(found) is { IsDirectory: true } ? "it is a directory" : "it is no plain file");
        }

        // What it says of "self" is the agent.
        if (account.User != 0 && LibC.IsOfProc((int)found.DangerousGetHandle()))
        {
            throw new IOException("it is no file of a disk");
        }

        // What was looked at, whatever its name leads to by now; the right to read it is asked for here.
        var file = Open($"/proc/self/fd/{found.DangerousGetHandle()}", LibC.OpenReadOnly | LibC.OpenNonBlocking, followsMagic: true, account, path, user);
        return new FileStream(file, FileAccess.Read, bufferSize: 0, isAsync: false);
    }

    private static UserAccount AccountOf(string? user)
    {
        try
        {
            return UserAccount.Resolve(user, static file => File.Exists(file) ? File.ReadAllText(file) : null);
        }
        catch (ContainerLaunchException refused)
        {
            throw new IOException($"{refused.Message} on this machine, whose files are read with its rights", refused);
        }
    }

    private static SafeFileHandle Open(string path, int flags, bool followsMagic, UserAccount account, string name, string? user)
    {
        try
        {
            if (account.User != 0 && System.Environment.IsPrivilegedProcess)
            {
                return IdentityWindow.Open(path, flags, followsMagic, account.User, account.Group, account.OtherGroups);
            }

            return new SafeFileHandle(OwnedFd.Open(path, flags).Release(), ownsHandle: true);
        }
        catch (NativeException failure)
        {
            throw failure.Error switch
            {
                LibC.ErrorNotFound or LibC.ErrorNotDirectory => new FileNotFoundException("no such file on this machine", failure),
                // A link of /proc, or many links in a circle.
                LibC.ErrorLoop => new IOException("its links lead to no file that a task may name", failure),
                LibC.ErrorNoSuchCall => new IOException("files of the machine are read for another user by Linux 5.6 or later, and this one is older; fetch it over HTTP", failure),
                LibC.ErrorAccess or LibC.ErrorPermission => new IOException($"the user {user ?? "of the agent"} may not read it", failure),
                _ => new IOException($"{name} cannot be opened: {LibC.Describe(failure.Error)}", failure),
            };
        }
    }
}
