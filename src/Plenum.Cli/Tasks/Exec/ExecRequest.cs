using Google.Protobuf;
using Plenum.Cli.Terminal;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Cli.Tasks.Exec;

/// <summary>The calls and records of a session in the agent's terms.</summary>
internal static class ExecRequest
{
    public static Call Launch(ContainerID container, IReadOnlyList<string> command, TerminalSize? terminal)
    {
        var launch = new Call.Types.LaunchNestedContainerSession
        {
            ContainerId = container,
            Command = new CommandInfo { Shell = false, Value = command[0] },
        };
        launch.Command.Arguments.AddRange(command);
        if (terminal is { } size)
        {
            launch.Container = new ContainerInfo
            {
                Type = ContainerInfo.Types.Type.Mesos,
                TtyInfo = new TTYInfo { WindowSize = Window(size) },
            };
        }
        return new Call { Type = Call.Types.Type.LaunchNestedContainerSession, LaunchNestedContainerSession = launch };
    }

    public static Call Wait(ContainerID container) => new()
    {
        Type = Call.Types.Type.WaitContainer,
        WaitContainer = new Call.Types.WaitContainer { ContainerId = container },
    };

    /// <summary>The first record of an input stream.</summary>
    public static Call Attach(ContainerID container) => Input(new Call.Types.AttachContainerInput
    {
        Type = Call.Types.AttachContainerInput.Types.Type.ContainerId,
        ContainerId = container,
    });

    /// <summary>Keys or bytes for the command; none at all closes its standard input.</summary>
    public static Call Data(ReadOnlySpan<byte> bytes) => Io(new ProcessIO
    {
        Type = ProcessIO.Types.Type.Data,
        Data = new ProcessIO.Types.Data
        {
            Type = ProcessIO.Types.Data.Types.Type.Stdin,
            Data_ = ByteString.CopyFrom(bytes),
        },
    });

    public static Call Resize(TerminalSize size) => Io(new ProcessIO
    {
        Type = ProcessIO.Types.Type.Control,
        Control = new ProcessIO.Types.Control
        {
            Type = ProcessIO.Types.Control.Types.Type.TtyInfo,
            TtyInfo = new TTYInfo { WindowSize = Window(size) },
        },
    });

    public static Call Heartbeat(TimeSpan interval) => Io(new ProcessIO
    {
        Type = ProcessIO.Types.Type.Control,
        Control = new ProcessIO.Types.Control
        {
            Type = ProcessIO.Types.Control.Types.Type.Heartbeat,
            Heartbeat = new ProcessIO.Types.Control.Types.Heartbeat
            {
                Interval = new DurationInfo { Nanoseconds = interval.Ticks * TimeSpan.NanosecondsPerTick },
            },
        },
    });

    private static Call Io(ProcessIO io) => Input(new Call.Types.AttachContainerInput
    {
        Type = Call.Types.AttachContainerInput.Types.Type.ProcessIo,
        ProcessIo = io,
    });

    private static Call Input(Call.Types.AttachContainerInput input) => new()
    {
        Type = Call.Types.Type.AttachContainerInput,
        AttachContainerInput = input,
    };

    private static TTYInfo.Types.WindowSize Window(TerminalSize size) =>
        new() { Rows = (uint)size.Rows, Columns = (uint)size.Columns };
}
