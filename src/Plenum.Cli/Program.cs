using Plenum.Cli;
using Plenum.Cli.Commands;

return await CommandLine.RunAsync(args, CliHost.OfThisProcess(), CancellationToken.None);
