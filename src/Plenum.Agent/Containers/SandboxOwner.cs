using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Plenum.Http.Files;

namespace Plenum.Agent.Containers;

/// <summary>Gives a sandbox, or a volume made for a task, to the user that its task runs as.</summary>
internal static class SandboxOwner
{
    public static void Give(string directory, uint user, uint group)
    {
        Change(directory, user, group);
        if (!Directory.Exists(directory))
        {
            return;
        }
        using var tree = new RealTree(directory);
        while (tree.Next())
        {
            ChangeEntry(tree, user, group);
        }
    }

    /// <summary>The directory alone, and only while it is root's: what others wrote into it stays theirs.</summary>
    public static void GiveUnowned(string directory, uint user, uint group)
    {
        if (FileStatus.Of(directory) is { User: 0, Group: 0 })
        {
            Change(directory, user, group);
        }
    }

    // Gone meanwhile is as good as given.
    private static unsafe void ChangeEntry(RealTree tree, uint user, uint group)
    {
        if (LibC.ChangeOwnerAt(tree.Directory, tree.Name, user, group, LibC.DoNotFollow) != 0 && LibC.LastError != LibC.ErrorNotFound)
        {
            throw NativeException.Last($"give '{tree.NameText}' to its user");
        }
    }

    // lchown: a link in a fetched archive may point at any file of the machine.
    private static void Change(string path, uint user, uint group) =>
        NativeException.ThrowIfFailed(LibC.ChangeOwner(path, user, group), $"give {path} to its user");
}
