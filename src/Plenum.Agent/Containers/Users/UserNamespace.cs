using System.Text;
using Plenum.Agent.Images;
using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers.Users;

/// <summary>
/// A user namespace that a container is put into. Making one takes a process of a single thread, which the agent is not: a
/// helper goes in and waits until the namespace has a name.
/// </summary>
internal sealed class UserNamespace : IDisposable
{
    private const string Helper = "unshare";

    /// <summary>What the helper answers with when it is in: the byte that it was sent.</summary>
    private static readonly byte[] Call = [(byte)'.'];

    private readonly OwnedFd _users;
    private readonly OwnedFd? _network;

    private UserNamespace(IdRange range, OwnedFd users, OwnedFd? network)
    {
        Range = range;
        _users = users;
        _network = network;
    }

    public IdRange Range { get; }

    public OwnedFd Users => _users;

    /// <summary>By which the runtime finds it, while this object lives.</summary>
    public string Path => PathOf(_users);

    /// <summary>A network namespace that belongs to the users of this one, so that its root may change it; null: none was asked for.</summary>
    public string? NetworkPath => _network is null ? null : PathOf(_network);

    /// <summary>A new one whose users are the range's.</summary>
    /// <exception cref="IOException">The machine refuses; the message says what.</exception>
    /// <exception cref="FileNotFoundException">The helper is not installed.</exception>
    public static async Task<UserNamespace> CreateAsync(IdRange range, bool withNetwork, CancellationToken cancellationToken)
    {
        await using var helper = HostTool.Start(Helper, withNetwork ? ["--user", "--net", "cat"] : ["--user", "cat"]);
        var answer = new byte[1];
        try
        {
            await helper.Input.WriteAsync(Call, cancellationToken);
            await helper.Input.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It ended at once; its own words say why.
        }

        if (await helper.Output.ReadAsync(answer, cancellationToken) == 0)
        {
            var (_, message) = await helper.EndAsync(cancellationToken);
            throw new IOException($"the kernel makes no user namespace: {message} (see /proc/sys/user/max_user_namespaces)");
        }

        var process = $"/proc/{helper.Id}";
        foreach (var map in (string[])["uid_map", "gid_map"])
        {
            // In one write: the kernel takes a map whole and only once.
            await using var file = new FileStream($"{process}/{map}", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            await file.WriteAsync(Encoding.ASCII.GetBytes(range.Map), cancellationToken);
        }

        var users = OwnedFd.Open($"{process}/ns/user", LibC.OpenReadOnly);
        try
        {
            return new UserNamespace(range, users, withNetwork ? OwnedFd.Open($"{process}/ns/net", LibC.OpenReadOnly) : null);
        }
        catch (IOException)
        {
            users.Dispose();
            throw;
        }
    }

    /// <summary>That of a process.</summary>
    public static UserNamespace Of(int process, IdRange range) => new(range, OwnedFd.Open($"/proc/{process}/ns/user", LibC.OpenReadOnly), network: null);

    public void Dispose()
    {
        _users.Dispose();
        _network?.Dispose();
    }

    private static string PathOf(OwnedFd descriptor) => $"/proc/{Environment.ProcessId}/fd/{descriptor.Number}";
}
