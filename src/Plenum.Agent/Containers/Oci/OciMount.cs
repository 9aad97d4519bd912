namespace Plenum.Agent.Containers.Oci;

/// <summary>One entry of an OCI configuration's mounts.</summary>
internal sealed record OciMount(string Destination, string Type, string Source, params string[] Options)
{
    public static OciMount Bind(string source, string destination, bool readOnly) =>
        new(destination, "bind", source, "rbind", readOnly ? "ro" : "rw", "rprivate");
}
