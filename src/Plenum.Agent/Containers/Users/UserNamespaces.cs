using Microsoft.Extensions.Logging;
using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers.Users;

/// <summary>Which containers of an agent have user ids of their own, and which.</summary>
internal sealed partial class UserNamespaces(UserNamespaceOptions? options, ILogger logger)
{
    private readonly IdRanges _ranges = new(options?.First ?? 0, options?.Size ?? 0);
    private readonly Lock _gate = new();

    /// <summary>Before the first container: what the machine lacks is said at the start and not by the first task.</summary>
    /// <param name="directories">Whose file systems must show files with other owners.</param>
    /// <exception cref="ContainerLaunchException">The machine cannot; the message says why.</exception>
    public async Task CheckAsync(HostPrograms programs, IEnumerable<string> directories, CancellationToken cancellationToken)
    {
        if (options is null)
        {
            return;
        }

        const string advice = "; mend that, or start the agent without --user-namespaces";
        if (!programs.RuntimeIsCrun)
        {
            throw Impossible($"they need crun, and this machine has {programs.Runtime} only{advice}");
        }

        if (options.AccountWithin(await File.ReadAllTextAsync("/etc/passwd", cancellationToken)) is { } account)
        {
            throw Impossible($"the machine's user {account} has a number of that range; choose another range, such as one above 1000000");
        }

        try
        {
            using var users = await UserNamespace.CreateAsync(new IdRange(options.First), withNetwork: true, cancellationToken);
            foreach (var directory in directories)
            {
                using var tree = MountTree.Open(directory, recursive: false, users.Users);
            }
        }
        catch (NativeException failure)
        {
            throw Impossible($"{failure.Message}: its file system, or this kernel (Linux 6.3 does for all that are needed), has no idmapped mounts{advice}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Impossible($"{failure.Message}{advice}", failure);
        }

        Log.On(logger, _ranges.Places, options.First);
    }

    /// <summary>
    /// The namespace for a container that is being started: its pod's where it has one, else a new one; null where it has the
    /// machine's ids. Privileged ones do, since they manage the machine, and what is nested in a container without.
    /// </summary>
    /// <exception cref="ContainerLaunchException">It cannot have one.</exception>
    public async Task<UserNamespace?> EnterAsync(ContainerSpec spec, ContainerRecord? parent, CancellationToken cancellationToken)
    {
        if (spec.Linux.Privileged)
        {
            return null;
        }

        if (spec.Key.Parent is not null)
        {
            return parent?.FirstId is { } first ? UserNamespace.Of(parent.Process.Pid, new IdRange(first)) : null;
        }

        if (options is null)
        {
            return null;
        }

        if (spec.Linux.SharesPidNamespace || spec.Linux.SharesIpcNamespace == true)
        {
            throw new ContainerLaunchException(
                "a container with user ids of its own cannot share the machine's processes or ipc namespace: leave that out, or choose an agent without --user-namespaces",
                ContainerLaunchFailure.InvalidSpec);
        }

        IdRange? range;
        lock (_gate)
        {
            range = _ranges.Take(spec.Key);
        }

        return await UserNamespace.CreateAsync(
            range ?? throw new ContainerLaunchException(
                $"all {_ranges.Places} ranges of user ids of this agent are in use: run fewer containers at once, or start it with a larger --user-namespaces"),
            withNetwork: spec.Network is not null,
            cancellationToken);
    }

    /// <summary>What is needed to show a container its files.</summary>
    public UserMounts? MountsFor(UserNamespace? users, BundleLayout bundle) => users is null ? null : new UserMounts(users, options, bundle);

    /// <summary>A container that an earlier agent started.</summary>
    public void Restore(ContainerKey container, uint? first)
    {
        if (container.Parent is null && first is { } known)
        {
            lock (_gate)
            {
                _ranges.Restore(container, new IdRange(known));
            }
        }
    }

    /// <summary>No process of the container is left.</summary>
    public void Return(ContainerKey container)
    {
        lock (_gate)
        {
            _ranges.Return(container);
        }
    }

    private static ContainerLaunchException Impossible(string why, Exception? cause = null) => cause is null
        ? new ContainerLaunchException($"Containers cannot have user ids of their own (--user-namespaces): {why}")
        : new ContainerLaunchException($"Containers cannot have user ids of their own (--user-namespaces): {why}", ContainerLaunchFailure.Launch, cause);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Containers have user ids of their own: {Places} ranges from {First} on")]
        public static partial void On(ILogger logger, uint places, uint first);
    }
}
