namespace Plenum.Marathon.LaunchQueue;

/// <summary>Why an offer was not used, in the order in which the matcher looks; an offer counts at its first reason.</summary>
internal enum RejectReason
{
    UnfulfilledRole,
    UnfulfilledConstraint,
    NoCorrespondingReservationFound,
    AgentMaintenance,
    InsufficientCpus,
    InsufficientMemory,
    InsufficientDisk,
    InsufficientGpus,
    InsufficientPorts,
    DeclinedScarceResources,
}
