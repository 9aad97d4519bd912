using Plenum.Agent.Containers;

namespace Plenum.Agent.Tests.Containers;

/// <summary>A test that needs real containers: root, conmon and crun.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute(params string[] programs)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Skip = "needs root: it starts real containers";
        }
        else if (programs.Concat(["conmon", "crun"]).FirstOrDefault(static p => HostPrograms.TryFind(p) is null) is { } missing)
        {
            Skip = $"needs {missing}, which is not installed";
        }
    }

    /// <summary>How many processors the test needs.</summary>
    public int Processors
    {
        get;
        set
        {
            field = value;
            if (Environment.ProcessorCount < value)
            {
                Skip ??= $"needs {value} processors";
            }
        }
    }
}
