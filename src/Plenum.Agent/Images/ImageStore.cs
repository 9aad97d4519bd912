using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;
using Plenum.Agent.Fetching;
using Plenum.Agent.Sandboxes;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;
using Plenum.Protocol.V1;
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

    /// <summary>An image may be collected between its pull and its use when many come at once; then it is pulled again.</summary>
    private const int Attempts = 3;

    /// <summary>Window of the pull times, Mesos' hour.</summary>
    private static readonly TimeSpan PullWindow = TimeSpan.FromHours(1);

    private readonly SharedWork<bool> _pulls = new();
    private readonly SharedWork<string?> _unpacking = new();
    private readonly Dictionary<string, int> _pins = [];
    private readonly Lock _pinLock = new();
    private readonly SemaphoreSlim _pullSlots = new(ConcurrentPulls);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ContainerRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ImageLayout _layout;
    private readonly ImageCollector _collector;

    /// <summary>The file of a container's root as its image has it, by the layers; null when none has it as a plain file.</summary>
    public string? ReadText(IReadOnlyList<string> layers, string path) =>
        new ProvisionedImage("of the container", _layout.Layers, layers, new ImageConfig([], [], [], WorkingDirectory: null)).ReadText(path);

    /// <summary>How long pulls took that brought their image.</summary>
    public TimerWindow PullTimes { get; }

    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Pulls under way: nothing is collected beside them. Guarded by the pins' lock.</summary>
    private int _pulling;

    public ImageStore(ContainerRuntimeOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        PullTimes = new TimerWindow("containerizer/mesos/provisioner/docker_store/image_pull_ms", PullWindow, time);
        _layout = new ImageLayout(Path.Join(options.WorkDirectory, "images"));
        _collector = new ImageCollector(_layout, options.ImageStoreBytes, logger);
        // Layers have what their images have, also programs that run as root for everybody: not for the machine's users.
        Directory.CreateDirectory(_layout.Root, OwnersOnly);
        File.SetUnixFileMode(_layout.Root, OwnersOnly);
        foreach (var directory in (string[])[_layout.Images, _layout.Blobs, _layout.Layers, _layout.Temporary])
        {
            Directory.CreateDirectory(directory);
        }
    }

    /// <summary>Removes what a killed agent was pulling and unpacking; before the first pull, and after that agent's helpers ended.</summary>
    public void RemoveUnfinished()
    {
        TreeRemoval.Remove(_layout.Temporary);
        Directory.CreateDirectory(_layout.Temporary);
    }

    /// <summary>
    /// The image, pulled when it is not here or when the task forbids a cached one. Tasks that ask for the
    /// same image with the same credentials share one pull, which goes on when one of them gives up.
    /// </summary>
    /// <exception cref="ContainerLaunchException">The image cannot be had; the message says why.</exception>
    public async Task<ImageLease> ProvisionAsync(Image image, CancellationToken cancellationToken)
    {
        if (image.Type != Image.Types.Type.Docker || image.Docker is null)
        {
            throw ImageFailure.Of(image.Appc?.Name ?? "", "is an appc image, which is not supported; use a docker image");
        }
        var reference = ImageReference.Parse(image.Docker.Name);
        var directory = Path.Join(_layout.Images, NameOf(reference));
        var credentials = CredentialsFor(reference, image);
        var pull = $"{reference.Name} {(credentials is null ? "" : Digest(credentials))}";
        if (image.Cached && !_pulls.IsRunning(pull) && TryTake(reference, directory) is { } present)
        {
            return present;
        }
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            await _pulls.JoinAsync(pull, () => PullAsync(reference, directory, credentials)).WaitAsync(cancellationToken);
            if (TryTake(reference, directory) is { } pulled)
            {
                return pulled;
            }
        }
        throw ImageFailure.Of(reference.Name, "was pulled and had to make room for others at once: the image store is too small");
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

    /// <summary>Makes room where the store has outgrown its size, unless something is being pulled: its end collects.</summary>
    public void CollectUnused()
    {
        lock (_pinLock)
        {
            if (_pulling == 0)
            {
                _collector.Collect(_pins.Keys.ToHashSet(StringComparer.Ordinal));
            }
        }
    }

    /// <summary>
    /// Removes what no container uses, but for the excluded images. What a pull under way shares with an image that
    /// goes is kept until that pull's end.
    /// </summary>
    public void Prune(IEnumerable<Image> excluded)
    {
        var kept = excluded
            .Where(static image => image.Docker is not null)
            .Select(static image => NameOf(ImageReference.Parse(image.Docker.Name)))
            .ToHashSet(StringComparer.Ordinal);
        lock (_pinLock)
        {
            _collector.Prune(_pins.Keys.ToHashSet(StringComparer.Ordinal), kept);
        }
        CollectUnused();
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _pullSlots.Dispose();
    }

    /// <summary>The image's directory in the store.</summary>
    private static string NameOf(ImageReference reference) => Digest(Encoding.UTF8.GetBytes(reference.Name));

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private byte[]? CredentialsFor(ImageReference reference, Image image)
    {
        try
        {
            return image.Docker.Config?.Value?.Data is { } own ? RegistryCredentials.Normalise(own.Span)
                : _options.RegistryCredentials is { } file && reference.RegistryHost is not null
                    ? RegistryCredentials.Normalise(File.ReadAllBytes(file))
                    : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw ImageFailure.Of(reference.Name, $"cannot be pulled: the agent's registry credentials cannot be read: {failure.Message}");
        }
        catch (JsonException)
        {
            // Not the parser's message: it may quote what it could not read.
            throw ImageFailure.Of(reference.Name, "cannot be pulled: its registry credentials are no docker config");
        }
    }

    /// <summary>The image if it is here whole, kept from being collected, and marked as used.</summary>
    private ImageLease? TryTake(ImageReference reference, string directory)
    {
        lock (_pinLock)
        {
            if (!Directory.Exists(directory))
            {
                return null;
            }
            var manifest = ImageManifest.Read(directory, _layout.Blobs);
            var layers = manifest.Layers.Select(ImageLayout.LayerName).ToArray();
            if (!layers.All(layer => Directory.Exists(Path.Join(_layout.Layers, layer))))
            {
                return null;
            }
            Directory.SetLastWriteTimeUtc(directory, _time.GetUtcNow().UtcDateTime);
            return new ImageLease(new ProvisionedImage(reference.Name, _layout.Layers, layers, manifest.Config), Pin(layers));
        }
    }

    private async Task<bool> PullAsync(ImageReference reference, string directory, byte[]? credentials)
    {
        await _pullSlots.WaitAsync(_stopping.Token);
        var temporary = Path.Join(_layout.Temporary, Guid.NewGuid().ToString("N"));
        var progress = new PullProgress();
        var started = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(_options.ImagePullTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        lock (_pinLock)
        {
            _pulling++;
        }
        try
        {
            Directory.CreateDirectory(temporary);
            var layout = Path.Join(temporary, "layout");
            await CopyAsync(reference, layout, temporary, credentials, progress, limit.Token);
            var manifest = ImageManifest.Read(layout, _layout.Blobs);
            foreach (var (digest, promised) in manifest.Layers.Zip(manifest.DiffIds))
            {
                progress.Unpacking(digest);
                var unpacked = await _unpacking.JoinAsync(digest, () => UnpackOnceAsync(digest)).WaitAsync(limit.Token);
                if (unpacked is not null && unpacked != promised)
                {
                    throw ImageFailure.Of(reference.Name, $"cannot be used: its layer {digest} unpacks to {unpacked}, and its configuration promises {promised}");
                }
            }

            // The manifest, the configuration and the packed layers, before they count as an image.
            DirectorySync.FlushDisk(_layout.Root);
            lock (_pinLock)
            {
                if (Directory.Exists(directory))
                {
                    Directory.Delete(directory, recursive: true);
                }
                Directory.Move(layout, directory);
                Directory.SetLastWriteTimeUtc(directory, _time.GetUtcNow().UtcDateTime);
            }
            DirectorySync.Flush(_layout.Images);
            PullTimes.Record(_time.GetElapsedTime(started));
            Log.Pulled(_logger, reference.Name, manifest.Layers.Count);
            return true;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            throw ImageFailure.Of(
                reference.Name,
                string.Create(CultureInfo.InvariantCulture, $"was not pulled within {_options.ImagePullTimeout.TotalSeconds:0.#} s (--image-pull-timeout): the agent was still {progress.Place}"));
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException or KeyNotFoundException)
        {
            throw ImageFailure.Of(reference.Name, $"cannot be used: {failure.Message}", failure);
        }
        finally
        {
            TreeRemoval.Remove(temporary);
            lock (_pinLock)
            {
                _pulling--;
            }
            CollectUnused();
            _pullSlots.Release();
        }
    }

    private async Task CopyAsync(
        ImageReference reference, string layout, string temporary, byte[]? credentials, PullProgress progress, CancellationToken cancellationToken)
    {
        List<string> arguments =
        [
            "copy", "--insecure-policy", "--retry-times", "2", "--dest-shared-blob-dir", _layout.Blobs,
        ];
        if (reference.CertificatesIn(_options.RegistryCertificates) is { } certificates)
        {
            arguments.AddRange(["--src-cert-dir", certificates]);
        }
        else if (reference.MayBeInsecure(_options.InsecureRegistries))
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
            await stream.WriteAsync(credentials, cancellationToken);
            arguments.AddRange(["--src-authfile", file]);
        }
        var (exitCode, _, message) = await HostTool.RunForOutputAsync(
            "skopeo", [.. arguments, reference.Source, $"oci:{layout}"], progress.Read, cancellationToken);
        if (exitCode != 0)
        {
            throw ImageFailure.Of(reference.Name, $"cannot be pulled: {SkopeoMessage.Reason(message)}");
        }
    }

    /// <summary>The layer's diff_id; null for one that an older agent unpacked, which did not note it.</summary>
    private async Task<string?> UnpackOnceAsync(string digest)
    {
        var target = Path.Join(_layout.Layers, ImageLayout.LayerName(digest));
        var note = ImageLayout.DiffFile(target);
        if (!Directory.Exists(target))
        {
            var temporary = Path.Join(_layout.Temporary, Guid.NewGuid().ToString("N"));
            string unpacked;
            try
            {
                // A small layer may unpack to any size. A store smaller than its images is an operator's way to keep none
                // that is not in use.
                var allowance = new DiskAllowance(
                    _layout.Layers, Math.Max(_options.ImageStoreBytes, _options.LayerBytes), "which is all that a layer may take (more by --image-store-size)", _options.MinimumFreeBytes);
                unpacked = await LayerUnpacker.UnpackAsync(ImageManifest.BlobPath(_layout.Blobs, digest), temporary, allowance, _stopping.Token);
            }
            catch (IOException)
            {
                TreeRemoval.Remove(temporary);
                throw;
            }
            await File.WriteAllTextAsync(
                ImageLayout.SizeFile(target), SizeOf(temporary).ToString(CultureInfo.InvariantCulture), CancellationToken.None);
            await File.WriteAllTextAsync(note, unpacked, CancellationToken.None);
            // A layer is there whole or not at all, after a power cut too: a name that is on disk before the files are
            // would be taken for a layer of empty ones for ever.
            DirectorySync.FlushDisk(_layout.Root);
            Directory.Move(temporary, target);
            DirectorySync.Flush(_layout.Layers);
            return unpacked;
        }
        return File.Exists(note) ? await File.ReadAllTextAsync(note, CancellationToken.None) : null;
    }

    private static long SizeOf(string directory)
    {
        long size = 0;
        using var tree = new RealTree(directory);
        while (tree.Next())
        {
            size += tree.Entry.IsRegular ? tree.Entry.Size : 0;
        }
        return size;
    }

    private sealed class PinRelease(ImageStore store, IReadOnlyList<string> layers) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) != 0)
            {
                return;
            }
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
    }
}
