namespace Plenum.Agent.Containers.Cgroups;

/// <summary>Reads and writes which processors a cgroup and what is below it may use.</summary>
internal static class CgroupProcessors
{
    private const string Controller = "cpuset";
    private const string Own = "cpuset.cpus";

    /// <summary>
    /// A cgroup that is made below while its parent changes has what the parent had; so often it is tried again. Nobody makes
    /// them faster than a container starts.
    /// </summary>
    private const int Attempts = 5;

    /// <summary>The processors that the machine gives to all containers; null when its kernel cannot bind any to some.</summary>
    public static IReadOnlyList<int>? OfMachine(CgroupHost host)
    {
        if (host.PathOf(Controller, "/") is not { } root)
        {
            return null;
        }

        var file = new[] { "cpuset.cpus.effective", "cpuset.effective_cpus", Own }.Select(name => Path.Join(root, name)).FirstOrDefault(File.Exists);
        return file is null ? null : ProcessorList.Parse(File.ReadAllText(file));
    }

    /// <summary>Null: the cgroup is gone or has no such file.</summary>
    public static IReadOnlyList<int>? Read(CgroupHost host, string cgroup)
    {
        try
        {
            return host.PathOf(Controller, cgroup) is { } directory && Path.Join(directory, Own) is var file && File.Exists(file)
                ? ProcessorList.Parse(File.ReadAllText(file))
                : null;
        }
        catch (IOException)
        {
            // Removed meanwhile.
            return null;
        }
    }

    /// <summary>Binds a cgroup; one that is gone is left alone.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Write(CgroupHost host, string cgroup, IReadOnlyList<int> processors)
    {
        if (host.PathOf(Controller, cgroup) is not { } directory)
        {
            return;
        }

        if (host.IsUnified)
        {
            // What is below gets what both allow.
            Put(directory, processors);
            return;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                WriteTree(directory, processors);
                return;
            }
            catch (IOException) when (attempt < Attempts)
            {
                // A cgroup was made below meanwhile.
            }
        }
    }

    // On version 1 a cgroup holds all that those below it have: first it gets room for both, then they change, then it.
    private static void WriteTree(string directory, IReadOnlyList<int> processors)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        var children = Directory.GetDirectories(directory);
        if (children.Length > 0)
        {
            var had = ProcessorList.Parse(File.ReadAllText(Path.Join(directory, Own)));
            Put(directory, [.. had.Union(processors)]);
            foreach (var child in children)
            {
                WriteTree(child, processors);
            }
        }

        Put(directory, processors);
    }

    private static void Put(string directory, IReadOnlyList<int> processors)
    {
        var file = Path.Join(directory, Own);
        if (File.Exists(file))
        {
            try
            {
                File.WriteAllText(file, ProcessorList.Format(processors));
            }
            catch (IOException) when (!Directory.Exists(directory))
            {
                // Removed meanwhile: it holds nobody back.
            }
            catch (UnauthorizedAccessException refused)
            {
                // EACCES is how version 1 says that a cgroup above does not have them.
                throw new IOException(refused.Message, refused);
            }
        }
    }
}
