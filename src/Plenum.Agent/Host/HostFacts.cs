namespace Plenum.Agent.Host;

/// <summary>What the machine says about itself.</summary>
internal static class HostFacts
{
    /// <summary>Changes at each boot; on a system that does not tell, each start counts as one.</summary>
    public static string BootId()
    {
        const string Path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Path) ? File.ReadAllText(Path).Trim() : Guid.NewGuid().ToString();
    }
}
