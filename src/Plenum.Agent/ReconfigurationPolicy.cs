namespace Plenum.Agent;

/// <summary>What may differ when an agent starts on what an earlier one recorded in the same boot; Mesos' flag reconfiguration_policy.</summary>
public enum ReconfigurationPolicy
{
    /// <summary>Everything, as long as reservations and volumes still fit.</summary>
    Any,

    /// <summary>More resources and new attributes; nothing that a task may rely on goes.</summary>
    Additive,

    /// <summary>Nothing.</summary>
    Equal,
}
