namespace Plenum.Agent.Images;

/// <summary>The directories of the image store.</summary>
internal sealed record ImageLayout(string Root)
{
    private const int LayerNameLength = 24;

    /// <summary>An OCI layout each, named by the digest of the image's name; its time is that of the last use.</summary>
    public string Images => Path.Join(Root, "images");

    /// <summary>Manifests, configurations and packed layers, shared by all images.</summary>
    public string Blobs => Path.Join(Root, "blobs");

    /// <summary>Unpacked layers, each with files beside it that have its size and its diff_id.</summary>
    public string Layers => Path.Join(Root, "layers");

    /// <summary>What is being made; emptied at start.</summary>
    public string Temporary => Path.Join(Root, "tmp");

    /// <summary>96 bits of the digest: short enough for 150 of them in one page of mount options.</summary>
    public static string LayerName(string digest) => digest.Split(':')[1][..LayerNameLength];

    public static string SizeFile(string layer) => $"{layer}.size";

    /// <summary>What the layer was when it was unpacked, as sha256:...; layers of older agents have none.</summary>
    public static string DiffFile(string layer) => $"{layer}.diff";
}
