using System.Runtime.InteropServices;
using Plenum.Examples.Framework;
using Plenum.Scheduling.Http;
using Plenum.Scheduling.Sessions;

// A whole framework in three files: it keeps COPIES of a shell command running, over its own restarts and the
// cluster's. Stop it with SIGTERM or Ctrl+C and its tasks go on; --teardown ends them.
//
//   dotnet run --project examples/framework -- http://127.0.0.1:5050 /tmp/keeper 3 'exec sleep 100000'
if (args is not [var master, var directory, var copiesText, var command, .. var rest]
    || !Uri.TryCreate(master, UriKind.Absolute, out var masterUri)
    || !int.TryParse(copiesText, out var copies)
    || copies < 0)
{
    Console.Error.WriteLine("usage: keeper MASTER_URL STATE_DIRECTORY COPIES COMMAND [--teardown]");
    return 64;
}

using var stopping = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

using var transport = new HttpSchedulerTransport(new HttpSchedulerOptions { Master = masterUri }, TimeProvider.System);
var identity = new FrameworkIdFile(directory);
await using var session = SchedulerSession.Start(
    transport, identity.Subscribe(), new SchedulerSessionOptions { Seed = Environment.ProcessId }, TimeProvider.System);
var keeper = new TaskKeeper(session, identity, copies, command, Console.Out, teardown: rest.Contains("--teardown"));
return await keeper.RunAsync(stopping.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}
