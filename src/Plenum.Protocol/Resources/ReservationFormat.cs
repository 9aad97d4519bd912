namespace Plenum.Protocol.Resources;

/// <summary>The two encodings of reservations on the wire. Input is taken in either, resource by resource.</summary>
public enum ReservationFormat
{
    /// <summary><c>reservations</c> holds a stack; for frameworks with RESERVATION_REFINEMENT and inside the cluster.</summary>
    Refined,

    /// <summary><c>role</c> and <c>reservation</c>; cannot express a stack of more than one.</summary>
    PreRefinement,
}
