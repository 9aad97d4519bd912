namespace Plenum.Marathon.Definitions.Reading;

/// <summary>The ranges a definition's numbers must be in.</summary>
internal static class Bounds
{
    /// <summary>Ten times the largest app anybody measured with Marathon; each instance costs memory here.</summary>
    public const int MaxInstances = 100_000;

    /// <summary>A million cores, and a petabyte in megabytes: beyond any machine, well within exact thousandths.</summary>
    public const double MaxAmount = 1e9;

    /// <summary>RAML's lower bound for cpus on input.</summary>
    public const double MinCpus = 0.001;

    public const int MaxPort = 65535;

    /// <summary>Long enough for any period, and no sum of two of them overflows.</summary>
    public const int MaxSeconds = 1_000_000_000;

    public const int MaxUriLength = 1024;

    public const int MaxNetworkNameLength = 63;

    /// <summary>
    /// Of a pod: as many as one machine starts, below the kernel's bound of a task group. Each change of one is written
    /// with the state of all of them.
    /// </summary>
    public const int MaxContainers = 200;

    /// <summary>Of a pod, all containers together: about the ports that an agent offers by default.</summary>
    public const int MaxEndpoints = 1_000;

    /// <summary>Of a pod, and mounts of each of its containers: more than any machine has disks and secrets to mount.</summary>
    public const int MaxVolumes = 1_000;

    /// <summary>Of an app or a pod, each an interface in its network namespace.</summary>
    public const int MaxNetworks = 100;

    /// <summary>
    /// Of a list without a bound of its own (ports, checks, volumes, artifacts, constraints): about the ports that an agent
    /// offers by default, and each is compared with the others or with every offer.
    /// </summary>
    public const int MaxEntries = 1_000;

    /// <summary>Words of a command, variables, labels, dependencies: more than the kernel's page of pointers hands to a program.</summary>
    public const int MaxWords = 10_000;

    /// <summary>Apps, pods and groups directly in one group: as many as the largest estates have altogether, ten times over.</summary>
    public const int MaxMembers = 100_000;
}
