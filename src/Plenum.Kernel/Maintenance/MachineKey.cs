using Plenum.Protocol.V1;

namespace Plenum.Kernel.Maintenance;

/// <summary>A machine's name, without regard to case, and its address. Either may be missing.</summary>
internal readonly record struct MachineKey(string Host, string Ip)
{
    public bool IsEmpty => Host.Length == 0 && Ip.Length == 0;

    public static MachineKey Of(MachineID machine) => Of(machine.Hostname, machine.Ip);

    public static MachineKey Of(string host, string? ip) => new(host.ToLowerInvariant(), ip ?? string.Empty);

    public override string ToString() => Ip.Length == 0 ? Host : Host.Length == 0 ? Ip : $"{Host} ({Ip})";
}
