namespace Plenum.Agent.Images;

/// <summary>An image whose layers are unpacked on this machine.</summary>
/// <param name="Reference">As the task named it.</param>
/// <param name="LayersDirectory">Holds every layer; overlay options name layers relative to it to stay short.</param>
/// <param name="Layers">Directory names, the lowest layer first.</param>
/// <param name="Config">How to run it.</param>
internal sealed record ProvisionedImage(
    string Reference,
    string LayersDirectory,
    IReadOnlyList<string> Layers,
    ImageConfig Config)
{
    /// <summary>Reads a file of the merged layers; null when no layer has it.</summary>
    public string? ReadText(string path)
    {
        foreach (var layer in Layers.Reverse())
        {
            var file = new FileInfo(Path.Join(LayersDirectory, layer, path));
            // A link would be followed on the machine, not in the image; passwd files are plain files.
            if (file.Exists && file.LinkTarget is null)
            {
                return File.ReadAllText(file.FullName);
            }
        }
        return null;
    }
}
