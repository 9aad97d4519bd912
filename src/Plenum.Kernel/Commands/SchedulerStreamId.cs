namespace Plenum.Kernel.Commands;

/// <summary>One event stream of one framework, numbered by the shell, which maps it to its Mesos-Stream-Id.</summary>
public readonly record struct SchedulerStreamId(long Value);
