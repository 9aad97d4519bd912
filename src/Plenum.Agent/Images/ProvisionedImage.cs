using Plenum.Http.Files;

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
    /// <summary>Only lists of users and groups are read: a hundred thousand accounts are half of this.</summary>
    private const int MaximumText = 16 * 1024 * 1024;

    /// <summary>Reads a file of the merged layers; null when no layer has it as a plain file.</summary>
    public string? ReadText(string path)
    {
        foreach (var layer in Layers.Reverse())
        {
            // A link out of the layer would be followed on the machine, not in the image, and a pipe would be waited for.
            var root = ContainedPath.Real(Path.Join(LayersDirectory, layer));
            if (ContainedPath.Walk(root, path.Split('/', StringSplitOptions.RemoveEmptyEntries)) is not { } real
                || ContainedPath.Open(real, real) is not { } handle)
            {
                continue;
            }

            using var file = new FileStream(handle, FileAccess.Read);
            if (file.Length > MaximumText)
            {
                throw ImageFailure.Of(Reference, $"has a {path} of {file.Length} bytes; at most {MaximumText} are read");
            }

            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        return null;
    }
}
