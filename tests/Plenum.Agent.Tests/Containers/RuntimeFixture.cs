using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Networking;
using Plenum.Agent.Tests.Networking;

namespace Plenum.Agent.Tests.Containers;

/// <summary>
/// A runtime with a work directory and a cgroup parent of its own. At the end every container is destroyed,
/// and a process, cgroup, mount or file that stays behind fails the test.
/// </summary>
internal sealed class RuntimeFixture : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _name = $"plenum-test-{Guid.NewGuid():N}"[..24];
    private readonly List<ContainerKey> _launched = [];

    private readonly TimeProvider _time;

    private RuntimeFixture(
        ContainerIsolation isolation, Func<ContainerRuntimeOptions, ContainerRuntimeOptions>? adjust, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        WorkDirectory = Directory.CreateDirectory(Path.Join("/var/tmp", _name)).FullName;
        var options = new ContainerRuntimeOptions { WorkDirectory = WorkDirectory, CgroupParent = _name, Isolation = isolation, ProcessorClaim = Path.Join(WorkDirectory, "processors.lock") };
        Options = adjust?.Invoke(options) ?? options;
        Runtime = Open();
    }

    public string WorkDirectory { get; }

    public ContainerRuntimeOptions Options { get; private set; }

    public IContainerRuntime Runtime { get; private set; }

    public static RuntimeFixture Linux(
        Func<ContainerRuntimeOptions, ContainerRuntimeOptions>? adjust = null, TimeProvider? time = null) =>
        new(ContainerIsolation.Linux, adjust, time);

    public static RuntimeFixture Processes() => new(ContainerIsolation.None, null);

    public string Sandbox(ContainerKey key) => Path.Join(WorkDirectory, "sandboxes", key.Name);

    public string Output(ContainerKey key) => File.ReadAllText(Path.Join(Sandbox(key), "stdout"));

    public string Error(ContainerKey key) => File.ReadAllText(Path.Join(Sandbox(key), "stderr"));

    /// <summary>A program of the test's own, in the shell's language; the path says whose it is, so that no process of it is missed at the end.</summary>
    public string Program(string name, string script)
    {
        var path = Path.Join(Directory.CreateDirectory(Path.Join(WorkDirectory, "programs")).FullName, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    public ContainerSpec Spec(string command, ContainerKey? key = null)
    {
        key ??= new ContainerKey(Guid.NewGuid().ToString());
        Directory.CreateDirectory(Sandbox(key));
        return new ContainerSpec
        {
            Key = key,
            SandboxDirectory = Sandbox(key),
            Command = new ContainerCommand { Value = command },
        };
    }

    public Task<ContainerStart> LaunchAsync(ContainerSpec spec)
    {
        _launched.Add(spec.Key);
        return Runtime.LaunchAsync(spec, CancellationToken.None);
    }

    public async Task<ContainerExit> RunAsync(ContainerSpec spec)
    {
        await LaunchAsync(spec);
        return await EndAsync(spec.Key);
    }

    public async Task<ContainerExit> EndAsync(ContainerKey key) =>
        (await Runtime.WaitAsync(key).WaitAsync(Patience)).ShouldNotBeNull();

    /// <summary>What happens to the containers when the agent is killed: nothing of it is told to them.</summary>
    public async Task<IReadOnlyList<RecoveredContainer>> RestartAsync(
        Func<ContainerRuntimeOptions, ContainerRuntimeOptions>? adjust = null)
    {
        Options = adjust?.Invoke(Options) ?? Options;
        await Runtime.DisposeAsync();
        Runtime = Open();
        return await Runtime.RecoverAsync(CancellationToken.None);
    }

    /// <summary>Waits until a container has written a line, by watching the file it writes.</summary>
    public async Task WaitForOutputAsync(ContainerKey key, string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(Sandbox(key), "stdout") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size };
        watcher.Changed += (_, _) => Look();
        watcher.EnableRaisingEvents = true;
        Look();
        await seen.Task.WaitAsync(Patience);

        void Look()
        {
            if (Output(key).Contains(text, StringComparison.Ordinal))
            {
                seen.TrySetResult();
            }
        }
    }

    /// <summary>What runs in a container without nested ones, by the host's numbers.</summary>
    public IReadOnlyList<int> ProcessesOf(ContainerSpec spec) =>
        new Cgroup(CgroupHost.Detect(), $"/{_name}/{spec.Key.Root.Value}").OwnProcesses();

    public async ValueTask DisposeAsync()
    {
        foreach (var key in _launched)
        {
            await Runtime.DestroyAsync(key);
        }
        await Runtime.DisposeAsync();
        var networks = await LeftNetworksAsync();
        var host = CgroupHost.Detect();
        var left = host.PathsOf($"/{_name}").Where(Directory.Exists).SelectMany(static d => Directory.GetDirectories(d)).ToArray();
        var mounts = File.ReadLines("/proc/self/mounts").Where(line => line.Contains(_name, StringComparison.Ordinal)).ToArray();
        var processes = Directory.GetDirectories("/proc").Where(MentionsThis).ToArray();
        var shared = Directory.GetFileSystemEntries("/dev/shm").Where(e => e.Contains(_name, StringComparison.Ordinal)).ToArray();
        await new Cgroup(host, $"/{_name}").RemoveAsync(TimeProvider.System);
        var bundles = Path.Join(WorkDirectory, "runtime", "containers");
        var files = Directory.Exists(bundles) ? Directory.GetFileSystemEntries(bundles) : [];
        Directory.Delete(WorkDirectory, recursive: true);
        left.ShouldBeEmpty("cgroups stayed behind");
        mounts.ShouldBeEmpty("mounts stayed behind");
        processes.ShouldBeEmpty("processes stayed behind");
        shared.ShouldBeEmpty("shared memory stayed behind");
        files.ShouldBeEmpty("bundles stayed behind");
        networks.ShouldBeEmpty("networks stayed behind");
    }

    // Takes down what a machine keeps for its next container; what is left then has no owner.
    private async Task<IReadOnlyList<string>> LeftNetworksAsync()
    {
        var records = Path.Join(WorkDirectory, "runtime", "networks");
        if (!Directory.Exists(records))
        {
            return [];
        }
        await using var networks = new ContainerNetworks(Options.Networks, WorkDirectory, TimeProvider.System, NullLogger.Instance);
        networks.Load();
        var left = Directory.GetDirectories(records);
        await networks.RemoveSharedAsync(CancellationToken.None);
        return [.. left, .. NetworkTraces.Of(WorkDirectory)];
    }

    private bool MentionsThis(string processDirectory)
    {
        try
        {
            return File.ReadAllText(Path.Join(processDirectory, "cmdline")).Contains(_name, StringComparison.Ordinal)
                || File.ReadAllText(Path.Join(processDirectory, "cgroup")).Contains(_name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // No process directory, or one that has just gone.
            return false;
        }
    }

    private IContainerRuntime Open() => ContainerRuntimes.Create(Options, _time, NullLoggerFactory.Instance);
}
