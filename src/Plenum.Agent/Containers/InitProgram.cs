using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Containers;

/// <summary>
/// A first process that waits for the command and collects orphans, for programs that do not expect to be the
/// first. It need not pass signals on: the agent signals every process of a container.
/// </summary>
internal static class InitProgram
{
    /// <summary>By this name busybox takes its next argument as the program to be; by any other the name itself.</summary>
    private const string Target = "/dev/busybox";

    /// <summary>Its status is the command's; a shell collects every child that comes to it while it waits.</summary>
    private const string Script = "\"$@\" & wait $!";

    /// <summary>Debian's statically linked busybox, which runs in every image.</summary>
    public static OciMount Mount() => OciMount.Bind(
        HostPrograms.TryFind("busybox")
            ?? throw new ContainerLaunchException("an init process needs busybox (apt-get install busybox-static)", ContainerLaunchFailure.InvalidSpec),
        Target,
        readOnly: true);

    public static IReadOnlyList<string> Wrap(IReadOnlyList<string> command) => [Target, "sh", "-c", Script, "init", .. command];
}
