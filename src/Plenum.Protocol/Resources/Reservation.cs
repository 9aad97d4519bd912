using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>One level of a reservation stack. Two are the same when role, kind, principal and labels are.</summary>
public sealed class Reservation
{
    private readonly Resource.Types.ReservationInfo _wire;

    internal Reservation(Resource.Types.ReservationInfo wire)
    {
        _wire = wire;
    }

    public string Role => _wire.Role;

    /// <summary>Made by an operation; a static one comes from the agent's own configuration.</summary>
    public bool IsDynamic => _wire.Type == Resource.Types.ReservationInfo.Types.Type.Dynamic;

    public string? Principal => _wire.HasPrincipal ? _wire.Principal : null;

    public Resource.Types.ReservationInfo ToWire() => _wire.Clone();

    internal static Reservation Static(string role) => new(new Resource.Types.ReservationInfo
    {
        Type = Resource.Types.ReservationInfo.Types.Type.Static,
        Role = role,
    });

    internal Labels? WireLabels => _wire.Labels;
}
