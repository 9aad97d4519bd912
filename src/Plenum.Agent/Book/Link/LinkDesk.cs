using Plenum.Agent.Book.Snapshots;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;

namespace Plenum.Agent.Book.Link;

/// <summary>
/// Keeps the agent registered: opens a link, waits with a growing random pause after each failure, and
/// gives a link up on which the master has gone silent.
/// </summary>
internal sealed class LinkDesk : IDeadlineEntry
{
    /// <summary>Mesos' bound of the pause between two registrations (mesos.md 3.6).</summary>
    private static readonly TimeSpan MaximumBackoff = TimeSpan.FromMinutes(1);

    /// <summary>A master that takes a registration but does not answer it is given this long: a registry write fits well.</summary>
    private static readonly TimeSpan RegistrationTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Until the master says otherwise: 15 s pings, five of them missed (mesos.md 3.6).</summary>
    private static readonly TimeSpan DefaultPingTimeout = TimeSpan.FromSeconds(75);

    private readonly Desks _desks;
    private readonly BookState _state;
    private readonly Random _random;
    private readonly List<AgentMessage> _sinceReport = [];
    private long? _link;
    private long _lastLink;
    private int _failures;
    private bool _stopped;
    private TimeSpan _pingTimeout = DefaultPingTimeout;

    public LinkDesk(Desks desks)
    {
        _desks = desks;
        _state = desks.State;
        // Seeded by the incarnation: the pauses differ between agents, and one run can be repeated.
        _random = new Random(BitConverter.ToInt32(_state.Options.Incarnation.ToByteArray(), 4));
    }

    public DateTimeOffset? Deadline { get; private set; }

    public DateTimeOffset? QueuedAt { get; set; }

    public void Open()
    {
        if (_stopped)
        {
            return;
        }

        _link = ++_lastLink;
        Wait(RegistrationTimeout);
        _state.Emit(new AgentEffect.OpenLink(_lastLink, Registration()));
    }

    /// <summary>True when a message of this link counts.</summary>
    public bool IsCurrent(long link) => link == _link;

    public void Registered(MasterMessage.Types.Registered message)
    {
        if (_state.Agent is { } known && known != message.AgentId)
        {
            // Tasks, sandboxes and volumes here belong to the old identity; the master that gives another
            // one has forgotten them and would book their resources twice.
            Stop($"The master gave this agent another identity, {message.AgentId.Value}, than it had, {known}");
            return;
        }

        if (_state.Agent is null)
        {
            _state.Agent = message.AgentId;
            _state.SaveAgent();
        }

        if (!message.Draining)
        {
            _desks.Drains.End();
        }

        _failures = 0;
        _state.Link = _link;
        if (message.PingTimeout is { } timeout)
        {
            _pingTimeout = WireTime.Span(timeout);
        }

        Wait(_pingTimeout);
        foreach (var exited in _sinceReport)
        {
            Send(exited);
        }

        _sinceReport.Clear();
        _desks.Updates.LinkReady();
        _desks.Operations.LinkReady();
    }

    /// <summary>
    /// The master knows a later life of this agent. Everything older that this process sent went with links it
    /// has given up, so what is wrong is its own count: the disk was restored from a copy, or its record was
    /// unreadable. It goes on above the master's number.
    /// </summary>
    public void Outdated(MasterMessage.Types.Outdated message)
    {
        if (message.Superseded)
        {
            StandAside("Another agent process with this identity registered after this one. Look for a second one, started from a copy of this agent's work directory; stop it and start this one again");
            return;
        }

        _state.Life = Math.Max(_state.Life, message.Life) + 1;
        _state.SaveAgent();
        DropAndRetry();
    }

    public void Ping(MasterMessage.Types.Ping ping)
    {
        if (!ping.Connected)
        {
            DropAndRetry();
            return;
        }

        Wait(_pingTimeout);
        Send(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = ping.Sequence } });
    }

    public void Closed(long link)
    {
        if (!IsCurrent(link))
        {
            return;
        }

        Forget();
        var bound = Math.Min(
            _state.Options.RegistrationBackoff.TotalSeconds * Math.Pow(2, Math.Min(_failures++, 16)),
            MaximumBackoff.TotalSeconds);
        Wait(TimeSpan.FromSeconds(_random.NextDouble() * bound));
    }

    public void DeadlineReached()
    {
        if (_link is null)
        {
            Open();
        }
        else
        {
            DropAndRetry();
        }
    }

    /// <summary>Best effort: without a link the message is dropped, whoever needs it repeats it.</summary>
    public void Send(AgentMessage message)
    {
        if (_state.Link is { } link)
        {
            _state.Emit(new AgentEffect.SendToMaster(link, message));
        }
        else if (_link is not null && message.ExecutorExited is not null)
        {
            // The report on its way still lists this executor; unsaid, its resources would stay booked until
            // the next report. At most one for each executor of the report.
            _sinceReport.Add(message);
        }
    }

    /// <summary>The master wants this agent gone: nothing that ran here may go on or come back.</summary>
    public void Stop(string reason)
    {
        if (_link is { } link)
        {
            _state.Emit(new AgentEffect.CloseLink(link));
        }

        Forget();
        _stopped = true;
        _state.Touch(this);
        _desks.Endings.EndEverything();
        _state.Emit(new AgentEffect.StopAgent(reason));
    }

    /// <summary>Another process is this agent now: what runs is its own to keep, and records on disk are its to write.</summary>
    private void StandAside(string reason)
    {
        _state.Emit(new AgentEffect.CloseLink(_link!.Value));
        Forget();
        _stopped = true;
        _state.Touch(this);
        _state.Emit(new AgentEffect.StandAside(reason));
    }

    private void DropAndRetry()
    {
        var link = _link!.Value;
        _state.Emit(new AgentEffect.CloseLink(link));
        Closed(link);
    }

    private void Forget()
    {
        _link = null;
        _sinceReport.Clear();
        _state.Link = null;
        Deadline = null;
        _desks.Updates.LinkLost();
        _desks.Operations.LinkLost();
    }

    private void Wait(TimeSpan time)
    {
        Deadline = _state.Now + time;
        _state.Touch(this);
    }

    private AgentMessage.Types.Register Registration()
    {
        var options = _state.Options;
        var info = options.Info.Clone();
        info.Id = _state.Agent?.ToWire();
        var message = new AgentMessage.Types.Register
        {
            AgentInfo = info,
            Version = options.Version,
            Address = options.Address,
            BootId = options.BootId,
            Incarnation = Google.Protobuf.ByteString.CopyFrom(options.Incarnation.ToByteArray()),
            Attempt = (ulong)_lastLink,
            Life = _state.Life,
        };
        message.Capabilities.AddRange(AgentCapabilities.All);
        message.CheckpointedResources.AddRange(_state.Checkpointed.ToWire());
        message.ResourceProviders.AddRange(_desks.Providers.Report());
        message.Operations.AddRange(_state.Operations.Values.Select(operation => operation.ToWire(_state.Agent)));
        foreach (var framework in _state.Frameworks.Values)
        {
            if (framework.Removed)
            {
                continue;
            }

            if (framework.InfoKnown)
            {
                message.Frameworks.Add(framework.Info);
            }

            message.Tasks.AddRange(framework.Tasks.Values.Select(SnapshotBuilder.WireTask));
            message.Executors.AddRange(framework.Executors.Values
                .Where(static executor => executor.Kind != ContainerKind.Command && executor.State != ExecutorState.Terminated)
                .Select(static executor => executor.Info));
        }

        return message;
    }
}
