using System.Globalization;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Images;
using Plenum.Agent.Native;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Containers.Users;

/// <summary>
/// The files of a container whose root is nobody on the machine. What is the container's own is shown with the ids that it
/// has on disk, so that a volume looks the same to whoever has it next; the machine's own files belong to nobody inside. All of
/// it is taken before the container is made and lies in conmon's mount namespace only: nothing has to be given back.
/// </summary>
internal sealed class UserMounts(UserNamespace users, UserNamespaceOptions? options, BundleLayout bundle) : IDisposable
{
    /// <summary>
    /// Where conmon's mount namespace has the bundle: the ids of a container may look into no directory above the bundle's own
    /// place. On the machine it is an empty directory.
    /// </summary>
    public const string Place = "/run/plenum-container";

    private const int OpenPathOnly = 0x200000;

    // Group for passing through: the container's root may enter, nobody else of the machine.
    private const UnixFileMode OwnerAndGroupPass = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly List<OwnedFd> _trees = [];
    private readonly List<MountStep> _attached = [];
    private OwnedFd? _sandbox;

    public IdRange Range => users.Range;

    /// <summary>After all that the bundle needs was attached and mounted in it.</summary>
    public IEnumerable<MountStep> Steps =>
    [
        .. _attached,
        new MountStep(MountStepKind.Bind, $"show the bundle at {Place}", Place) { Source = bundle.Directory },
    ];

    /// <exception cref="ContainerLaunchException">The command's user has no number in the container.</exception>
    public static void Check(UserAccount account)
    {
        if (account.OtherGroups.Append(account.User).Append(account.Group).Max() is >= IdRange.Count and var id)
        {
            throw new ContainerLaunchException(
                $"the command's user or a group of it has the number {id}, and a container in a user namespace has those below {IdRange.Count} only",
                ContainerLaunchFailure.InvalidSpec);
        }
    }

    /// <summary>The layers of images with their owners as the container sees them, before overlays are made of them.</summary>
    public IEnumerable<MountStep> Layers(string directory)
    {
        Directory.CreateDirectory(bundle.Layers);
        yield return Attach(MountTree.Open(directory, recursive: false, users.Users), bundle.Layers, "show the layers");
    }

    public ProvisionedImage Shown(ProvisionedImage image) => image with { LayersDirectory = bundle.Layers };

    /// <summary>Gives the container's root what must be its own, and the configuration the places where the container finds all.</summary>
    public OciConfig Apply(OciConfig config, IEnumerable<ImageRoom> rooms, string sandbox)
    {
        // At every start: /run is emptied by a reboot, and not by the agent, since other agents of the machine use it too.
        Directory.CreateDirectory(Place);
        Give(bundle.Directory, user: 0);
        File.SetUnixFileMode(bundle.Directory, OwnerAndGroupPass);
        foreach (var directory in rooms.SelectMany(static room => (string[])[room.Root, room.Upper, room.Work]).Append(bundle.Root).Where(Directory.Exists))
        {
            Give(directory, Range.First);
        }

        Directory.CreateDirectory(bundle.Mapped);
        return config with
        {
            RootPath = Visible(config.RootPath),
            Mounts = [.. config.Mounts.Concat(config.Linux.Devices.Select(Device)).Select(mount => Shown(mount, sandbox))],
            UserNamespace = users.Path,
        };
    }

    public void Give(string path, uint user) => NativeException.ThrowIfFailed(LibC.ChangeOwner(path, user, Range.First), $"give {path} to its container");

    /// <summary>
    /// A file of the sandbox as the container has it: one that is opened by its own name again (/dev/stdout) asks for the
    /// rights of the container's user there.
    /// </summary>
    public unsafe OwnedFd OpenInSandbox(string name)
    {
        fixed (byte* bytes = (byte[])[.. System.Text.Encoding.UTF8.GetBytes(name), 0])
        {
            var file = LibC.OpenAt(_sandbox!.Number, bytes, LibC.OpenReadWrite | LibC.OpenAppend | LibC.OpenNoFollow | LibC.OpenCloseOnExec);
            NativeException.ThrowIfFailed(file, $"open {name} of the sandbox");
            return new OwnedFd(file);
        }
    }

    public void Dispose() => _trees.ForEach(static tree => tree.Dispose());

    private OciMount Shown(OciMount mount, string sandbox)
    {
        if (RealPath.IsWithin(mount.Source, bundle.Volumes))
        {
            return mount with { Source = Visible(mount.Source) };
        }

        if (mount.Files == MountedFiles.Anybodys)
        {
            return mount;
        }

        // By descriptor from here on: what is looked at is what is shown, whoever moves links about.
        using var source = OwnedFd.Open(mount.Source, OpenPathOnly);
        var path = $"/proc/self/fd/{source.Number}";
        var maps = mount.Files == MountedFiles.Own || (options?.Maps(path) ?? false);
        var tree = Take(mount.Source, path, maps);
        var place = Path.Join(bundle.Mapped, _attached.Count.ToString(CultureInfo.InvariantCulture));
        if (Directory.Exists(path))
        {
            Directory.CreateDirectory(place);
        }
        else
        {
            File.WriteAllBytes(place, []);
        }

        _attached.Add(Attach(tree, place, $"show {mount.Source}"));
        _sandbox ??= mount.Source == sandbox ? tree : null;
        return mount with { Source = Visible(place) };
    }

    private OwnedFd Take(string name, string path, bool maps)
    {
        try
        {
            return MountTree.Open(path, recursive: true, maps ? users.Users : null);
        }
        catch (NativeException failure) when (maps && failure.Error is LibC.ErrorInvalid or LibC.ErrorPermission)
        {
            throw new ContainerLaunchException(
                $"{name} cannot be shown to a container with user ids of its own: its file system, or one that is mounted below it, has no idmapped mounts. "
                    + "Use ext4, xfs, btrfs or tmpfs, or an agent without --user-namespaces",
                ContainerLaunchFailure.InvalidSpec,
                failure);
        }
    }

    // Nobody makes devices in a user namespace; one that is there already works.
    private OciMount Device(OciDevice device, int index)
    {
        const uint character = 0x2000;
        const uint block = 0x6000;
        Directory.CreateDirectory(bundle.Devices);
        var node = Path.Join(bundle.Devices, index.ToString(CultureInfo.InvariantCulture));
        NativeException.ThrowIfFailed(
            LibC.MakeNode(node, device.Kind == "c" ? character : block, device.Number), $"make the device {device.Path}");
        File.SetUnixFileMode(node, (UnixFileMode)device.Mode);
        return OciMount.Bind(node, device.Path, readOnly: false) with { Files = MountedFiles.Own };
    }

    private MountStep Attach(OwnedFd tree, string place, string purpose)
    {
        _trees.Add(tree);
        return new MountStep(MountStepKind.Attach, purpose, place) { Tree = tree };
    }

    private string Visible(string path) => Place + path[bundle.Directory.Length..];
}
