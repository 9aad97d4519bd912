using System.CommandLine;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Completion;

/// <summary>Prints a script for the shell; the script asks the command line itself, so it never goes stale.</summary>
internal sealed class CompletionCommand : BaseCommand
{
    private const string Bash = """
        # plenum completion for bash: source <(./plenum completion bash)
        _plenum_complete() {
          local line="${COMP_LINE/#"${COMP_WORDS[0]}"/plenum}"
          local point=$(( COMP_POINT - ${#COMP_WORDS[0]} + 6 ))
          local IFS=$'\n'
          COMPREPLY=( $(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${point}]" "${line}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o default -F _plenum_complete plenum ./plenum
        """;

    private const string Zsh = """
        #compdef plenum ./plenum
        # plenum completion for zsh: source <(./plenum completion zsh)
        _plenum_complete() {
          local line="plenum${BUFFER#${words[1]}}"
          local point=$(( CURSOR - ${#words[1]} + 6 ))
          local -a found
          found=( "${(@f)$("${words[1]}" "[suggest:${point}]" "${line}" 2>/dev/null)}" )
          if [ -n "${found[*]}" ]; then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _plenum_complete plenum ./plenum
        """;

    private readonly Argument<string> _shell = new("SHELL") { Description = "bash or zsh." };

    public CompletionCommand(CliHost host)
        : base(host, "completion", "Print completion for a shell: source <(./plenum completion bash)")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh");
        Arguments.Add(_shell);
    }

    protected override Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        run.Display.Line(arguments.GetRequiredValue(_shell) == "bash" ? Bash : Zsh);
        return Task.FromResult(ExitCodes.Success);
    }
}
