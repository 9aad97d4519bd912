using System.Net.Sockets;
using System.Runtime.InteropServices;
using Plenum.Agent;
using Plenum.Server.Hosting;
using Plenum.Storage;

namespace Plenum.Server.Commands;

/// <summary>What every role that stays has in common: log, signals, readiness, and exit codes for known troubles.</summary>
internal static partial class RoleRunner
{
    /// <summary>ENOSPC, which the framework hands on as it is.</summary>
    private const int NoSpace = 28;

    /// <summary>
    /// Starts a role, says that it is ready, and waits for SIGTERM, SIGINT or the end of one of its parts.
    /// </summary>
    public static async Task<int> RunAsync(Func<ProcessLog, CancellationToken, Task<RunningRole>> start)
    {
        using var processLog = new ProcessLog();
        var log = processLog.Loggers.CreateLogger("plenumd");
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        try
        {
            await using var role = await start(processLog, stop.Token);
            Log.Ready(log, role.Description);
            ReadySignal.Send();
            var stopped = Task.Delay(Timeout.Infinite, stop.Token);
            var ended = role.Ended;
            if (await Task.WhenAny(stopped, ended) == ended)
            {
                await await ended;
                throw new InvalidOperationException("a role ended without being asked to");
            }

            Log.Stopping(log);
            return ExitCodes.Success;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        catch (StoreUnavailableException e)
        {
            Log.CannotUseState(log, e.Message);
            return e.IsDiskFull ? ExitCodes.DiskFull : ExitCodes.State;
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            Log.CannotUseState(log, e.Message);
            return ExitCodes.DiskFull;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            Log.CannotUseState(log, e.Message);
            return ExitCodes.State;
        }
        catch (Exception e) when (e is ArgumentException or AgentStartException)
        {
            Log.CannotStart(log, e.Message);
            return e is ArgumentException ? ExitCodes.Usage : ExitCodes.Unavailable;
        }
        catch (IOException e) when (e.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            Log.PortTaken(log, e.Message);
            return ExitCodes.Port;
        }
        catch (Exception e)
        {
            // The edge of the process: the supervisor decides what follows, the log has the reason.
            Log.Crashed(log, e);
            return ExitCodes.Crashed;
        }
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Ready: {What}")]
        public static partial void Ready(ILogger logger, string what);

        [LoggerMessage(2, LogLevel.Information, "Stopping; containers stay as they are")]
        public static partial void Stopping(ILogger logger);

        [LoggerMessage(3, LogLevel.Critical, "The state directory cannot be used: {Reason}")]
        public static partial void CannotUseState(ILogger logger, string reason);

        [LoggerMessage(4, LogLevel.Critical, "{Reason} Stop the other program, or choose another port (plenumd up --help).")]
        public static partial void PortTaken(ILogger logger, string reason);

        [LoggerMessage(6, LogLevel.Critical, "{Reason}")]
        public static partial void CannotStart(ILogger logger, string reason);

        [LoggerMessage(5, LogLevel.Critical, "plenumd cannot go on")]
        public static partial void Crashed(ILogger logger, Exception exception);
    }
}
