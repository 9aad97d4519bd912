namespace Plenum.Agent.Volumes;

/// <summary>
/// A driver's volume that a container uses, as it is written down before the driver is asked. Options are not
/// kept: they may hold credentials, and an unmount does not take them.
/// </summary>
/// <param name="Path">Where the driver mounted it; null while nobody knows.</param>
internal sealed record DriverMount(string Driver, string Name, string? Path)
{
    public string Identity => $"{Driver}/{Name}";
}
