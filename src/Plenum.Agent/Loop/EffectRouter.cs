using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Checking;
using Plenum.Agent.Disks;
using Plenum.Agent.Drivers;
using Plenum.Agent.Http;
using Plenum.Agent.Launching;
using Plenum.Agent.Linking;
using Plenum.Agent.Volumes;
using ExecutorEvent = Plenum.Protocol.V1.Executor.Event;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;

namespace Plenum.Agent.Loop;

/// <summary>Brings each effect to the part of the shell that carries it out.</summary>
internal sealed partial class EffectRouter(
    MasterLink link,
    ContainerDirector containers,
    CheckRunner checks,
    EventStreams<ExecutorEvent> executors,
    ExecutorDrivers? drivers,
    EventStreams<ProviderEvent> providers,
    VolumeStore volumes,
    DiskPools disks,
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
                containers.UpdateLimits(update.Container, update.Resources, update.Limits);
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
            case AgentEffect.ReconnectExecutor reconnect:
                drivers?.Reconnect(reconnect.DriverPid, reconnect.Agent);
                break;
            case AgentEffect.ReplyToExecutor reply:
                executors.Reply(reply.Request, reply.StatusCode, reply.Message);
                break;
            case AgentEffect.MakeVolumes make:
                volumes.Make(make.Operation, make.Volumes);
                break;
            case AgentEffect.RemoveVolumes remove:
                volumes.Remove(remove.Operation, remove.Volumes);
                break;
            case AgentEffect.MakeDisk make:
                disks.Make(make.Operation, make.Disk);
                break;
            case AgentEffect.RemoveDisk remove:
                disks.Remove(remove.Operation, remove.Disk);
                break;
            case AgentEffect.SendToProvider send:
                providers.Send(send.Stream, send.Event);
                break;
            case AgentEffect.CloseProvider close:
                providers.Close(close.Stream);
                break;
            case AgentEffect.ReplyToProvider reply:
                providers.Reply(reply.Request, reply.StatusCode, reply.Message);
                break;
            case AgentEffect.StopAgent stopping:
                Log.ToldToStop(logger, stopping.Reason);
                stop(stopping.Reason);
                break;
            case AgentEffect.StandAside aside:
                Log.StoodAside(logger, aside.Reason);
                break;
            default:
                throw new InvalidOperationException($"Nobody carries out {effect.GetType()}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "The agent stops: {Reason}")]
        public static partial void ToldToStop(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Critical, "The agent registers no more: {Reason}")]
        public static partial void StoodAside(ILogger logger, string reason);
    }
}
