using System.Runtime.Versioning;
using Plenum.Cli;
using Plenum.Cli.Commands;

// Raw terminals and window sizes are asked of libc.
[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]

return await CommandLine.RunAsync(args, CliHost.OfThisProcess(), CancellationToken.None);
