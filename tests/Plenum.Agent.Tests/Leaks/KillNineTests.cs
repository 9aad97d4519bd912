using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Networking;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>
/// SIGKILL of a real agent with real containers: at steps of its disk, which come before and after every decision, and
/// before and after what the container runtime does for it. The in-process crash tests visit every step of the book;
/// these see that the machine agrees.
/// </summary>
public sealed class KillNineTests
{
    /// <summary>Agents of a usual run; <c>PLENUM_KILL_LIVES</c> sets another number.</summary>
    private const int UsualLives = 10;

    /// <summary>From one life's step to the next one's: start, launch, kill and acknowledgements come up within the usual ten.</summary>
    private const int Stride = 5;

    /// <summary>Kills the agent once when the runtime is asked for a verb, and holds that call back while a file is there.</summary>
    private const string Script = """
        #!/bin/sh
        here=@HERE
        for word in "$@"; do
          case $word in create|start) verb=$word; break;; esac
        done
        reached() {
          if [ -e "$here/die-$1-$verb" ]; then
            rm "$here/die-$1-$verb"
            kill -9 "$(cat "$here/agent")"
            while [ -e "$here/hold" ]; do sleep 0.05; done
          fi
        }
        reached before
        @CRUN "$@"
        status=$?
        reached after
        exit $status

        """;

    [NetworkFact]
    public async Task At_steps_of_its_disk_no_task_is_lost_or_ended_and_nothing_stays_behind()
    {
        var lives = int.TryParse(System.Environment.GetEnvironmentVariable("PLENUM_KILL_LIVES"), CultureInfo.InvariantCulture, out var asked)
            ? asked
            : UsualLives;
        await using var world = new KilledLives();
        for (var life = 0; life < lives; life++)
        {
            await world.LiveAsync($"t{life}", doomed: $"t{life - 1}", diesAt: 1 + (life * Stride));
        }

        await world.SettleAsync();
    }

    [NetworkTheory]
    [InlineData("before", "create")]
    [InlineData("after", "create")]
    [InlineData("before", "start")]
    [InlineData("after", "start")]
    public async Task While_the_runtime_works_the_container_is_adopted_or_removed_whole(string when, string verb)
    {
        await using var world = new KilledLives();
        var programs = Directory.CreateTempSubdirectory("plenum-crun-").FullName;
        try
        {
            var wrapper = Path.Combine(programs, "crun");
            await File.WriteAllTextAsync(wrapper, Script
                .Replace("@HERE", programs, StringComparison.Ordinal)
                .Replace("@CRUN", HostPrograms.TryFind("crun")!, StringComparison.Ordinal));
            File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            await File.WriteAllTextAsync(Path.Combine(programs, $"die-{when}-{verb}"), "");
            await File.WriteAllTextAsync(Path.Combine(programs, "hold"), "");

            await world.LiveAsync(
                "t", doomed: null, programs: programs, started: id => File.WriteAllText(Path.Combine(programs, "agent"), $"{id}"));
            File.Exists(Path.Combine(programs, $"die-{when}-{verb}")).ShouldBeFalse("the agent did not come to it");

            // What the agent left at work is held until the next one has looked at it.
            await world.SettleAsync(() => File.Delete(Path.Combine(programs, "hold")));
        }
        finally
        {
            Directory.Delete(programs, recursive: true);
        }
    }
}
