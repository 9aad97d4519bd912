using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Sandboxes;

namespace Plenum.Agent.Images;

/// <summary>
/// Removes images that were not used for the longest time when all of them take too much, and then every blob and
/// layer that no image is left for. Called while nothing is being pulled.
/// </summary>
internal sealed partial class ImageCollector(ImageLayout layout, long maximumBytes, ILogger logger)
{
    /// <summary>A collection makes room for more than the next image, or every pull would be followed by one.</summary>
    private const double LowWatermark = 0.8;

    /// <param name="pinned">Layers that containers use.</param>
    public void Collect(IReadOnlySet<string> pinned)
    {
        // 1. What there is, the newest use first.
        var images = Images();

        // 2. Images, while they take too much. The newest is the one that was just asked for.
        var size = SizeOf(images);
        if (size > maximumBytes)
        {
            for (var i = images.Count - 1; i > 0 && size > maximumBytes * LowWatermark; i--)
            {
                var (directory, manifest) = images[i];
                if (!IsUsed(manifest, pinned))
                {
                    directory.Delete(recursive: true);
                    images.RemoveAt(i);
                    size = SizeOf(images);
                    Log.Collected(logger, directory.Name);
                }
            }
        }

        // 3. What belonged to them alone, and what broken-off pulls left.
        var layers = images.SelectMany(static image => image.Manifest.Layers).Select(ImageLayout.LayerName).Concat(pinned).ToHashSet(StringComparer.Ordinal);
        foreach (var layer in Directory.GetDirectories(layout.Layers).Where(layer => !layers.Contains(Path.GetFileName(layer))))
        {
            TreeRemoval.Remove(layer);
            File.Delete(ImageLayout.SizeFile(layer));
            File.Delete(ImageLayout.DiffFile(layer));
        }

        var blobs = images.SelectMany(static image => image.Manifest.Layers.Concat(image.Manifest.Descriptions))
            .Select(digest => ImageManifest.BlobPath(layout.Blobs, digest)).ToHashSet(StringComparer.Ordinal);
        foreach (var blob in Directory.GetFiles(layout.Blobs, "*", SearchOption.AllDirectories).Where(blob => !blobs.Contains(blob)))
        {
            File.Delete(blob);
        }
    }

    /// <summary>Images that nobody uses, whatever room there is. Their layers and blobs go with the next collection.</summary>
    public void Prune(IReadOnlySet<string> pinned, IReadOnlySet<string> kept)
    {
        foreach (var (directory, manifest) in Images())
        {
            if (!kept.Contains(directory.Name) && !IsUsed(manifest, pinned))
            {
                directory.Delete(recursive: true);
                Log.Pruned(logger, directory.Name);
            }
        }
    }

    // What cannot be read cannot be run either.
    private List<(DirectoryInfo Directory, ImageManifest Manifest)> Images()
    {
        var images = new List<(DirectoryInfo Directory, ImageManifest Manifest)>();
        foreach (var directory in new DirectoryInfo(layout.Images).GetDirectories().OrderByDescending(static d => d.LastWriteTimeUtc))
        {
            try
            {
                images.Add((directory, ImageManifest.Read(directory.FullName, layout.Blobs)));
            }
            catch (Exception failure) when (failure is IOException or JsonException or KeyNotFoundException)
            {
                Log.Dropped(logger, directory.Name, failure);
                directory.Delete(recursive: true);
            }
        }

        return images;
    }

    private static bool IsUsed(ImageManifest manifest, IReadOnlySet<string> pinned) =>
        manifest.Layers.Count > 0 && pinned.Contains(ImageLayout.LayerName(manifest.Layers[^1]));

    private long SizeOf(IEnumerable<(DirectoryInfo Directory, ImageManifest Manifest)> images) =>
        images.SelectMany(static image => image.Manifest.Layers).Distinct(StringComparer.Ordinal).Sum(SizeOf);

    private long SizeOf(string digest)
    {
        var packed = new FileInfo(ImageManifest.BlobPath(layout.Blobs, digest));
        var size = ImageLayout.SizeFile(Path.Join(layout.Layers, ImageLayout.LayerName(digest)));
        return (packed.Exists ? packed.Length : 0)
            + (File.Exists(size) && long.TryParse(File.ReadAllText(size), CultureInfo.InvariantCulture, out var unpacked) ? unpacked : 0);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The image {Image} in the store cannot be read and is dropped")]
        public static partial void Dropped(ILogger logger, string image, Exception failure);

        [LoggerMessage(2, LogLevel.Information, "The image {Image} was not used for the longest time and is removed to make room")]
        public static partial void Collected(ILogger logger, string image);

        [LoggerMessage(3, LogLevel.Information, "The image {Image} is removed because an operator asked for it")]
        public static partial void Pruned(ILogger logger, string image);
    }
}
