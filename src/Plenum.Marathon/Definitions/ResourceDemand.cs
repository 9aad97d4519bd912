using System.Runtime.InteropServices;

namespace Plenum.Marathon.Definitions;

/// <summary>Amounts of the four scalar resources; memory and disk in megabytes.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ResourceDemand(double Cpus, double Mem, double Disk, int Gpus)
{
    public static ResourceDemand operator +(ResourceDemand left, ResourceDemand right) =>
        new(left.Cpus + right.Cpus, left.Mem + right.Mem, left.Disk + right.Disk, left.Gpus + right.Gpus);
}
