namespace Plenum.Cluster.Tests.Harness;

/// <summary>A test that runs real containers: only as root.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Skip = "containers need root";
        }
    }
}
