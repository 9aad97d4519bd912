namespace Plenum.Agent.Containers.Oci;

/// <summary>One entry of an OCI configuration's mounts.</summary>
internal sealed record OciMount(string Destination, string Type, string Source, params string[] Options)
{
    public MountedFiles Files { get; init; }

    /// <param name="propagation">rprivate, or rslave to see what the machine mounts below it later.</param>
    public static OciMount Bind(string source, string destination, bool readOnly, string propagation = "rprivate") =>
        new(destination, "bind", source, "rbind", readOnly ? "ro" : "rw", propagation);
}
