using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Checking;
using Plenum.Agent.Executors;
using Plenum.Agent.Launching;
using Plenum.Agent.Linking;

namespace Plenum.Agent.Loop;

/// <summary>Brings each effect to the part of the shell that carries it out.</summary>
internal sealed partial class EffectRouter(
    MasterLink link,
    ContainerDirector containers,
    CheckRunner checks,
    ExecutorStreams executors,
    VolumeDirectories volumes,
    Action<string> stop,
    ILogger logger) : IEffectSink
{
    public void Accept(AgentEffect effect)
    {
        switch (effect)
        {
            case AgentEffect.OpenLink open:
                link.Open(open.Link, open.Message);
                break;
            case AgentEffect.CloseLink close:
                link.Close(close.Link);
                break;
            case AgentEffect.SendToMaster send:
                link.Send(send.Link, send.Message);
                break;
            case AgentEffect.LaunchContainer launch:
                containers.Launch(launch.Launch);
                break;
            case AgentEffect.SignalContainer signal:
                containers.Signal(signal.Container, signal.Signal);
                break;
            case AgentEffect.DestroyContainer destroy:
                containers.Destroy(destroy.Container);
                break;
            case AgentEffect.UpdateLimits update:
                containers.UpdateLimits(update.Container, update.Resources);
                break;
            case AgentEffect.StartCheck check:
                checks.Start(check.Run);
                break;
            case AgentEffect.SendToExecutor send:
                executors.Send(send.Stream, send.Event);
                break;
            case AgentEffect.CloseExecutor close:
                executors.Close(close.Stream);
                break;
            case AgentEffect.ReplyToExecutor reply:
                executors.Reply(reply.Request, reply.StatusCode, reply.Message);
                break;
            case AgentEffect.ApplyResources apply:
                ApplyVolumes(apply);
                break;
            case AgentEffect.StopAgent stopping:
                Log.ToldToStop(logger, stopping.Reason);
                stop(stopping.Reason);
                break;
            default:
                throw new InvalidOperationException($"Nobody carries out {effect.GetType()}");
        }
    }

    private void ApplyVolumes(AgentEffect.ApplyResources apply)
    {
        try
        {
            volumes.Apply(apply.Resources);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.VolumesNotApplied(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "The agent stops: {Reason}")]
        public static partial void ToldToStop(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Error, "The directories of persistent volumes could not be brought in line")]
        public static partial void VolumesNotApplied(ILogger logger, Exception exception);
    }
}
