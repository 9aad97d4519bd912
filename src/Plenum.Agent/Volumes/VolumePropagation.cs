namespace Plenum.Agent.Volumes;

/// <summary>Whether mounts that are made below a volume later are seen on the other side.</summary>
internal enum VolumePropagation
{
    None,

    /// <summary>The container sees what the machine mounts (the wire's HOST_TO_CONTAINER).</summary>
    FromHost,

    /// <summary>And the machine what the container mounts (the wire's BIDIRECTIONAL).</summary>
    Both,
}
