using Plenum.Tests.Shared;

namespace Plenum.Marathon.Tests.Core;

public sealed class CorePurityTests
{
    private static readonly string[] Folders =
    [
        "Core", "Definitions", "Deployments", "Groups", "Health", "Instances", "LaunchQueue", "Matching", "Reservations",
    ];

    // The options name the address that the shell listens on.
    [Fact]
    public void The_orchestrators_core_knows_no_clock_no_chance_no_io_and_no_threads() =>
        CorePurity.Check(Folders.Select(folder => $"src/Plenum.Marathon/{folder}"), "MarathonOptions.cs");
}
