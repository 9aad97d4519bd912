using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>A container that exists and waits to be started.</summary>
/// <param name="Pid">Its first process.</param>
/// <param name="Monitor">conmon, to be kept open while it is watched.</param>
/// <param name="MonitorIdentity">conmon for the record.</param>
/// <param name="MonitorEnd">Ends with conmon, which ends after it has written the exit status.</param>
internal sealed record CreatedContainer(
    int Pid, ProcessHandle Monitor, ProcessIdentity MonitorIdentity, Task<int?> MonitorEnd);
