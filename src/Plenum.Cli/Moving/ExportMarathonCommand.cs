using System.CommandLine;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Moving;

internal sealed class ExportMarathonCommand : BaseCommand
{
    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "A file (*.json), or a directory that is empty or not there; else standard output.",
        HelpName = "FILE|DIR",
    };

    private readonly Option<string> _prefix = ImportMarathonCommand.Prefix();

    public ExportMarathonCommand(CliHost host)
        : base(host, "marathon", "Write the groups, apps and pods as plenum import marathon reads them.")
    {
        Options.Add(_output);
        Options.Add(_prefix);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var inventory = (await run.ReadInventoryAsync(dropDefaultRole: true, cancellationToken)).Under(ImportMarathonCommand.Normal(arguments.GetRequiredValue(_prefix)));
        if (arguments.GetValue(_output) is not { } output)
        {
            run.Display.Line(MoveFiles.Document(inventory));
            return ExitCodes.Success;
        }
        try
        {
            await WriteAsync(inventory, output, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Usage, $"{output} cannot be written: {e.Message}");
        }
        run.Display.Line($"{Humane.Count(inventory.Apps.Count, "app")} and {Humane.Count(inventory.Pods.Count, "pod")} are in {output}");
        return ExitCodes.Success;
    }

    private static async Task WriteAsync(Inventory inventory, string output, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(output) && output.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            // Beside it and renamed: an export that is interrupted leaves the last one whole.
            var half = output + ".part";
            await File.WriteAllTextAsync(half, MoveFiles.Document(inventory) + "\n", cancellationToken);
            File.Move(half, output, overwrite: true);
            return;
        }
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new CommandFailure(
                ExitCodes.Usage,
                $"{output} is not empty: what is not in the cluster any more would stay in it",
                "empty it, or name another directory");
        }
        await MoveFiles.WriteDirectoryAsync(inventory, output, cancellationToken);
    }
}
