using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Containers;

/// <summary>Chooses how this machine runs containers.</summary>
internal static class ContainerRuntimes
{
    /// <exception cref="ContainerLaunchException">Isolation was asked for and a program it needs is missing.</exception>
    public static IContainerRuntime Create(ContainerRuntimeOptions options, TimeProvider time, ILoggerFactory loggers) =>
        options.Isolation == ContainerIsolation.Linux
            ? new ConmonRuntime(options, HostPrograms.Find(), time, loggers)
            : new ProcessRuntime(options, time, loggers);
}
