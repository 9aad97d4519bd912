using Plenum.Tests.Shared;

namespace Plenum.Metronome.Tests.Core;

public class CorePurityTests
{
    [Fact]
    public void The_core_sees_no_clock_no_chance_no_threads_and_no_io() => CorePurity.Check(
        ["src/Plenum.Metronome/Core", "src/Plenum.Metronome/Runs", "src/Plenum.Metronome/Schedules", "src/Plenum.Metronome/Cron"],
        "MetronomeOptions.cs");
}
