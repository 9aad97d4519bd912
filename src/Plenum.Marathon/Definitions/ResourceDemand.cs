using System.Runtime.InteropServices;

namespace Plenum.Marathon.Definitions;

/// <summary>Amounts of the four scalar resources; memory and disk in megabytes.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ResourceDemand(double Cpus, double Mem, double Disk, int Gpus)
{
    public static ResourceDemand operator +(ResourceDemand left, ResourceDemand right) =>
        new(Sum(left.Cpus, right.Cpus), Sum(left.Mem, right.Mem), Sum(left.Disk, right.Disk), left.Gpus + right.Gpus);

    // Resources are counted in thousandths: 0.1 + 0.2 is 0.3 to everybody who reads it.
    private static double Sum(double left, double right) => Math.Round(left + right, 6);
}
