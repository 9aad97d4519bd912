using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Metronome.Definitions.Reading;

/// <summary>Reads what one run shall have of its own. Any other body says nothing, as in the original: the dashboard sends <c>{}</c>.</summary>
internal static class OverridesReader
{
    public static RunOverrides Read(JsonField body)
    {
        var overrides = body["overrides"];
        if (!overrides.IsPresent || !overrides.RequireObject())
        {
            return RunOverrides.None;
        }

        overrides.RefuseOthers("cmd", "args", "env", "cpus", "mem", "disk");
        return new RunOverrides
        {
            Cmd = overrides["cmd"].Text(minLength: 1),
            Args = overrides["args"].Texts(),
            Env = overrides["env"].Map(RunReader.ReadVariable) ?? ValueMap<EnvironmentValue>.Empty,
            Cpus = overrides["cpus"].Number(RunReader.MinCpus, Bounds.MaxAmount),
            Mem = overrides["mem"].Number(RunReader.MinMem, Bounds.MaxAmount),
            Disk = overrides["disk"].Number(0, Bounds.MaxAmount),
        };
    }
}
