using Plenum.Agent.Containers;
using Plenum.Agent.Fetching;
using Plenum.Agent.Limits;
using Plenum.Agent.Secrets;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Launching;

/// <summary>
/// From a call of the operator API to what the runtime starts, with the same guards as a task's launch: room on the disk,
/// secrets, files of the command.
/// </summary>
internal sealed class CalledLaunches(ContainerSpecs specs, LaunchSecrets secrets, LaunchGuard guard, Fetcher fetcher)
{
    /// <exception cref="ContainerLaunchException">Something was asked for that this agent cannot give.</exception>
    /// <exception cref="FetchException">A file of the command is not to be had.</exception>
    public async Task<ContainerSpec> PrepareAsync(
        ContainerKey key, Call.Types.LaunchContainer call, string sandbox, CalledPlace? parent, CancellationToken cancellationToken)
    {
        guard.Check();
        Directory.CreateDirectory(sandbox);
        var (command, container) = await secrets.ResolveAsync(call.Command, call.Container, key.Name, cancellationToken);
        var limits = call.Limits.ToDictionary(static limit => limit.Key, static limit => limit.Value.Value);
        var spec = specs.BuildCalled(key, sandbox, parent, command, container, call.Resources, limits);
        if (call.Command?.Uris is { Count: > 0 } uris)
        {
            // What is nested shares the disk of its outermost parent, which the disk watcher measures with it.
            var quota = key.Parent is null ? DiskTargets.SandboxBytes(call.Resources) : null;
            await fetcher.FetchAsync(uris, sandbox, spec.Command.User, quota, cancellationToken);
        }

        return spec;
    }
}
