using System.Globalization;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>
/// Programs that go before those of the machine and do the same, but for one call: before or after it the agent is killed, and
/// the call is held back until it is let go.
/// </summary>
internal sealed class DeadlyPrograms : IDisposable
{
    private const string Script = """
        #!/bin/sh
        here=@HERE
        for word in "$CNI_COMMAND" "$@"; do
          case $word in create|start|ADD|DEL|copy|--extract) verb=$word; break;; esac
        done
        reached() {
          if [ -e "$here/die-$1-@NAME-$verb" ]; then
            # Of several such calls one that comes later may be meant.
            if ! rmdir "$here/pass" 2> /dev/null; then
              rm "$here/die-$1-@NAME-$verb"
              kill -9 "$(cat "$here/agent")"
              while [ -e "$here/hold" ]; do sleep 0.05; done
            fi
          fi
        }
        reached before
        @REAL "$@"
        status=$?
        reached after
        exit $status

        """;

    private readonly string _place;

    /// <param name="when">before or after.</param>
    /// <param name="name">A program, or a plugin of networks.</param>
    /// <param name="verb">What it is asked for.</param>
    /// <param name="plugins">Where plugins lie that go before the machine's.</param>
    /// <param name="passes">The first such call does nothing.</param>
    public DeadlyPrograms(string when, string name, string verb, string plugins, bool passes = false)
    {
        var plugin = Path.Join("/usr/lib/cni", name);
        var real = File.Exists(plugin) ? plugin : HostPrograms.TryFind(name)!;
        var wrapper = Path.Join(real == plugin ? plugins : Directory, name);
        File.WriteAllText(wrapper, Script
            .Replace("@HERE", Directory, StringComparison.Ordinal)
            .Replace("@NAME", name, StringComparison.Ordinal)
            .Replace("@REAL", real, StringComparison.Ordinal));
        File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _place = Path.Join(Directory, $"die-{when}-{name}-{verb}");
        File.WriteAllText(_place, "");
        File.WriteAllText(Path.Join(Directory, "hold"), "");
        if (passes)
        {
            System.IO.Directory.CreateDirectory(Path.Join(Directory, "pass"));
        }
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("plenum-deadly-").FullName;

    /// <summary>The agent came to the call and was killed there.</summary>
    public bool Reached => !File.Exists(_place);

    /// <summary>Whom to kill.</summary>
    public void Aim(int agent) => File.WriteAllText(Path.Join(Directory, "agent"), agent.ToString(CultureInfo.InvariantCulture));

    /// <summary>What is held back goes on.</summary>
    public void LetGo() => File.Delete(Path.Join(Directory, "hold"));

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
