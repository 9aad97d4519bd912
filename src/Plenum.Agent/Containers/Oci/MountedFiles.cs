namespace Plenum.Agent.Containers.Oci;

/// <summary>Whose files a mount shows, which counts where a container has user ids of its own.</summary>
internal enum MountedFiles
{
    /// <summary>Made in the container, or where everybody of the machine finds and reads it.</summary>
    Anybodys,

    /// <summary>The container's own: it sees the owners that the files have on disk.</summary>
    Own,

    /// <summary>Any of the machine's: the container has the rights of nobody there, unless the operator says otherwise.</summary>
    Machines,
}
