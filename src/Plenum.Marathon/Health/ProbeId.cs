using System.Runtime.InteropServices;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Health;

/// <summary>
/// Names a probe by the task it asks: an answer that comes after the task was replaced is recognised and dropped.
/// <paramref name="Check"/> is the index of the health check, or <see cref="Readiness"/>.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProbeId(InstanceId Instance, int Incarnation, int Check)
{
    public const int Readiness = -1;
}
