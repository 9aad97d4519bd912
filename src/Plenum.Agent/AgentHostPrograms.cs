namespace Plenum.Agent;

/// <summary>What a task without an image sees of the machine.</summary>
public enum AgentHostPrograms
{
    /// <summary>Its programs, libraries and configuration, without its secrets, and none of it can be changed.</summary>
    ReadOnly,

    /// <summary>
    /// All files, with the rights of the task's user, as Mesos' agents show them. Who may start tasks as root can then
    /// change anything on the machine.
    /// </summary>
    Shared,
}
