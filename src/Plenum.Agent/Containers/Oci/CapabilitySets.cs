namespace Plenum.Agent.Containers.Oci;

/// <summary>What a container's programs have and what they can ever get.</summary>
internal sealed record CapabilitySets(IReadOnlyList<string> Effective, IReadOnlyList<string> Bounding)
{
    /// <summary>
    /// Those that a program has also when its user is not root: the ones that the container names. What it gets without asking is
    /// for root, who may give it up.
    /// </summary>
    public IReadOnlyList<string> Kept { get; private init; } = [];

    /// <exception cref="ContainerLaunchException">A named one cannot be given here, or it is outside of the bounding set.</exception>
    public static CapabilitySets For(LinuxSettings settings)
    {
        if (settings.Privileged)
        {
            var all = DefaultCapabilities.OfMachine();
            return new CapabilitySets(all, all);
        }
        if (settings.BoundingCapabilities is not { } wanted)
        {
            var given = DefaultCapabilities.Choose(settings.EffectiveCapabilities);
            return new CapabilitySets(given, given) { Kept = settings.EffectiveCapabilities is null ? [] : given };
        }
        var bounding = DefaultCapabilities.Choose(wanted);
        if (settings.EffectiveCapabilities is null)
        {
            return new CapabilitySets([.. DefaultCapabilities.Choose(null).Intersect(bounding, StringComparer.Ordinal)], bounding);
        }
        var effective = DefaultCapabilities.Choose(settings.EffectiveCapabilities);
        return effective.Except(bounding, StringComparer.Ordinal).FirstOrDefault() is { } outside
            ? throw new ContainerLaunchException(
                $"the capability {outside} is asked for and is not in the bounding set", ContainerLaunchFailure.InvalidSpec)
            : new CapabilitySets(effective, bounding) { Kept = effective };
    }
}
