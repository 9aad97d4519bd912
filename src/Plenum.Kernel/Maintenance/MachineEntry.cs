using Plenum.Protocol.V1;

namespace Plenum.Kernel.Maintenance;

/// <summary>One machine of the maintenance schedule.</summary>
internal sealed class MachineEntry(MachineID id, Unavailability unavailability)
{
    public MachineID Id { get; } = id;

    public Unavailability Unavailability { get; } = unavailability;

    /// <summary>Its maintenance has begun: no agent of it is let in. Otherwise it drains.</summary>
    public bool IsDown { get; set; }
}
