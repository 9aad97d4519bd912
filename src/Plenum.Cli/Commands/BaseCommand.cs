using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Output;

namespace Plenum.Cli.Commands;

/// <summary>
/// What all commands share: the connection to the cluster, where output goes, and how failures end.
/// With <c>--json</c> standard output carries JSON alone and prose moves to standard error.
/// </summary>
internal abstract class BaseCommand : Command
{
    private readonly CliHost _host;
    private readonly Option<bool>? _json;

    protected BaseCommand(CliHost host, string name, string description, bool json = false)
        : base(name, description)
    {
        _host = host;
        if (json)
        {
            _json = new Option<bool>("--json") { Description = "Print JSON for programs; prose goes to standard error." };
            Options.Add(_json);
        }
        SetAction(RunGuardedAsync);
    }

    protected abstract Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken);

    private async Task<int> RunGuardedAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var display = new Display(_host, _json is not null && arguments.GetValue(_json));
        using var http = ClusterHttp.Create();
        try
        {
            var run = new CommandRun(_host, display, http, ClusterOptions.Addresses(arguments, _host.Environment));
            return await RunAsync(arguments, run, cancellationToken);
        }
        catch (CommandFailure failure)
        {
            display.Fail(failure.Message, failure.Advice);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            display.Note("interrupted");
            return ExitCodes.Interrupted;
        }
    }
}
