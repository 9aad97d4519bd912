using System.Text.Json;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers;
using Plenum.Protocol.V1;
using FileInfo = System.IO.FileInfo;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Images;

/// <summary>
/// The images of one machine. skopeo brings manifests and layers into a store of blobs; each layer is
/// unpacked once into a directory that all images share, and a container's root is an overlay over such
/// directories.
/// </summary>
internal sealed partial class ImageStore : IDisposable
{
    /// <summary>Pulls at once; more would only share the same line and disk.</summary>
    private const int ConcurrentPulls = 3;

    private const int LayerNameLength = 24;

    private readonly SharedWork<ProvisionedImage> _pulls = new();
    private readonly SharedWork<string> _unpacking = new();
    private readonly Dictionary<string, int> _pins = [];
    private readonly Lock _pinLock = new();
    private readonly SemaphoreSlim _pullSlots = new(ConcurrentPulls);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ContainerRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _images;
    private readonly string _blobs;
    private readonly string _layers;
    private readonly string _temporary;

    public ImageStore(ContainerRuntimeOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        var store = Path.Join(options.WorkDirectory, "images");
        _images = Path.Join(store, "images");
        _blobs = Path.Join(store, "blobs");
        _layers = Path.Join(store, "layers");
        _temporary = Path.Join(store, "tmp");
        if (Directory.Exists(_temporary))
        {
            // What a killed agent was unpacking.
            Directory.Delete(_temporary, recursive: true);
        }
        foreach (var directory in (string[])[_images, _blobs, _layers, _temporary])
        {
            Directory.CreateDirectory(directory);
        }
    }

    /// <summary>
    /// The image, pulled when it is not here or when the task forbids a cached one. Tasks that ask for the
    /// same image share one pull, which goes on when one of them gives up.
    /// </summary>
    /// <exception cref="ContainerLaunchException">The image cannot be had; the message says why.</exception>
    public async Task<ProvisionedImage> ProvisionAsync(Image image, CancellationToken cancellationToken)
    {
        if (image.Type != Image.Types.Type.Docker || image.Docker is null)
        {
            throw ImageFailure.Of(image.Appc?.Name ?? "", "is an appc image, which is not supported; use a docker image");
        }
        var reference = ImageReference.Parse(image.Docker.Name);
        var directory = Path.Join(_images, DirectoryName(reference.Name));
        if (image.Cached && !_pulls.IsRunning(reference.Name) && TryRead(reference, directory) is { } present)
        {
            Directory.SetLastWriteTimeUtc(directory, _time.GetUtcNow().UtcDateTime);
            return present;
        }
        var credentials = image.Docker.Config?.Value?.Data?.ToByteArray();
        return await _pulls.JoinAsync(reference.Name, () => PullAsync(reference, directory, credentials)).WaitAsync(cancellationToken);
    }

    /// <summary>Keeps layers from being collected until the result is disposed.</summary>
    public IDisposable Pin(IReadOnlyList<string> layers)
    {
        lock (_pinLock)
        {
            foreach (var layer in layers)
            {
                _pins[layer] = _pins.GetValueOrDefault(layer) + 1;
            }
        }
        return new PinRelease(this, layers);
    }

    /// <summary>Removes the least recently used images until the store is within its size, then what no image needs.</summary>
    public void CollectUnused()
    {
        var images = new DirectoryInfo(_images).GetDirectories().OrderByDescending(static d => d.LastWriteTimeUtc).ToArray();
        var kept = new HashSet<string>();
        long size = 0;
        foreach (var image in images)
        {
            IReadOnlyList<string> digests;
            try
            {
                digests = ImageManifest.Read(image.FullName, _blobs).Layers;
            }
            catch (Exception failure) when (failure is IOException or JsonException or KeyNotFoundException)
            {
                Log.Dropped(_logger, image.Name, failure);
                image.Delete(recursive: true);
                continue;
            }
            size += digests.Where(kept.Add).Sum(digest => Length(ImageManifest.BlobPath(_blobs, digest)));
            if (size > _options.ImageStoreBytes && image != images[0])
            {
                image.Delete(recursive: true);
                kept.ExceptWith(digests);
            }
        }
        lock (_pinLock)
        {
            var wanted = kept.Select(LayerName).Concat(_pins.Keys).ToHashSet();
            foreach (var layer in Directory.GetDirectories(_layers).Where(layer => !wanted.Contains(Path.GetFileName(layer))))
            {
                Directory.Delete(layer, recursive: true);
            }
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _pullSlots.Dispose();
    }

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private static string DirectoryName(string reference) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(reference)));

    /// <summary>96 bits of the digest: short enough for 150 of them in one page of mount options.</summary>
    private static string LayerName(string digest) => digest.Split(':')[1][..LayerNameLength];

    private ProvisionedImage? TryRead(ImageReference reference, string directory)
    {
        if (!Directory.Exists(directory))
        {
            return null;
        }
        var manifest = ImageManifest.Read(directory, _blobs);
        var layers = manifest.Layers.Select(LayerName).ToArray();
        return layers.All(layer => Directory.Exists(Path.Join(_layers, layer)))
            ? new ProvisionedImage(reference.Name, _layers, layers, manifest.Config)
            : null;
    }

    private async Task<ProvisionedImage> PullAsync(ImageReference reference, string directory, byte[]? credentials)
    {
        await _pullSlots.WaitAsync(_stopping.Token);
        var temporary = Path.Join(_temporary, Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(temporary);
            var layout = Path.Join(temporary, "layout");
            await CopyAsync(reference, layout, temporary, credentials);
            var manifest = ImageManifest.Read(layout, _blobs);
            foreach (var digest in manifest.Layers)
            {
                await _unpacking.JoinAsync(digest, () => UnpackOnceAsync(digest));
            }
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
            Directory.Move(layout, directory);
            Log.Pulled(_logger, reference.Name, manifest.Layers.Count);
            return new ProvisionedImage(
                reference.Name, _layers, [.. manifest.Layers.Select(LayerName)], manifest.Config);
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException or KeyNotFoundException)
        {
            throw ImageFailure.Of(reference.Name, $"cannot be used: {failure.Message}", failure);
        }
        finally
        {
            _pullSlots.Release();
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private async Task CopyAsync(ImageReference reference, string layout, string temporary, byte[]? credentials)
    {
        List<string> arguments =
        [
            "copy", "--insecure-policy", "--retry-times", "2", "--dest-shared-blob-dir", _blobs,
        ];
        if (reference.MayBeInsecure(_options.InsecureRegistries))
        {
            arguments.Add("--src-tls-verify=false");
        }
        if (credentials is not null)
        {
            // By file, never by argument: the list of processes is public.
            var file = Path.Join(temporary, "auth.json");
            await using var stream = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await stream.WriteAsync(credentials);
            arguments.AddRange(["--src-authfile", file]);
        }
        var (exitCode, message) = await HostTool.RunAsync("skopeo", [.. arguments, reference.Source, $"oci:{layout}"], _stopping.Token);
        if (exitCode != 0)
        {
            throw ImageFailure.Of(reference.Name, $"cannot be pulled: {SkopeoMessage.Reason(message)}");
        }
    }

    private async Task<string> UnpackOnceAsync(string digest)
    {
        var target = Path.Join(_layers, LayerName(digest));
        if (!Directory.Exists(target))
        {
            var temporary = Path.Join(_temporary, Guid.NewGuid().ToString("N"));
            await LayerUnpacker.UnpackAsync(ImageManifest.BlobPath(_blobs, digest), temporary, _stopping.Token);
            // A layer is there whole or not at all.
            Directory.Move(temporary, target);
        }
        return target;
    }

    private sealed class PinRelease(ImageStore store, IReadOnlyList<string> layers) : IDisposable
    {
        public void Dispose()
        {
            lock (store._pinLock)
            {
                foreach (var layer in layers)
                {
                    if (--store._pins[layer] == 0)
                    {
                        store._pins.Remove(layer);
                    }
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Pulled the image {Image} with {Layers} layers")]
        public static partial void Pulled(ILogger logger, string image, int layers);

        [LoggerMessage(2, LogLevel.Warning, "The image {Image} in the store cannot be read and is dropped")]
        public static partial void Dropped(ILogger logger, string image, Exception failure);
    }
}
