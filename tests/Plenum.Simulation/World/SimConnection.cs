namespace Plenum.Simulation.World;

/// <summary>
/// One connection: in order within each direction, nothing promised between connections. When it breaks,
/// some of what is on its way still arrives, and each side learns of the break in its own time. A silent
/// one swallows everything and tells nobody.
/// </summary>
internal sealed class SimConnection(SimWorld world, string name)
{
    private readonly Lane _toServer = new();
    private readonly Lane _toClient = new();
    private bool _silent;

    public string Name { get; } = name;

    public bool IsOpen { get; private set; } = true;

    public SimMaster? Master { get; init; }

    /// <summary>What the server knows it by.</summary>
    public object? Tag { get; set; }

    public Action? ServerClosed { get; set; }

    public Action? ClientClosed { get; set; }

    public void ToServer(string what, Action deliver) => Send(_toServer, $"{Name} > {what}", deliver);

    public void ToClient(string what, Action deliver) => Send(_toClient, $"{Name} < {what}", deliver);

    /// <summary>
    /// A partition: neither side hears anything more. The server, which writes heartbeats and pings into it, is told
    /// by its network in the end; the client must find out by itself.
    /// </summary>
    public void GoSilent()
    {
        if (_silent)
        {
            return;
        }

        _silent = true;
        _toServer.Last = _toServer.Delivered;
        _toClient.Last = _toClient.Delivered;
        world.After(world.Between(30, 600), $"{Name} timed out at the server", () => ServerClosed?.Invoke());
    }

    /// <summary>Cut from outside: both sides lose some of what is on its way, then learn of the end.</summary>
    public void Break()
    {
        if (!Close())
        {
            return;
        }

        Cut(_toServer);
        Cut(_toClient);
        TellEnd(_toServer, () => ServerClosed, "closed at the server");
        TellEnd(_toClient, () => ClientClosed, "closed at the client");
    }

    /// <summary>The client went or crashed: what it sent may still arrive, late.</summary>
    public void CloseByClient()
    {
        if (!Close())
        {
            return;
        }

        _toClient.Last = _toClient.Delivered;
        Cut(_toServer);
        TellEnd(_toServer, () => ServerClosed, "closed by the client");
    }

    /// <summary>The server ends the stream in order, after everything it sent.</summary>
    public void CloseByServer()
    {
        if (!Close())
        {
            return;
        }

        _toServer.Last = _toServer.Delivered;
        TellEnd(_toClient, () => ClientClosed, "closed by the server");
    }

    /// <summary>The server crashed: what it sent may or may not arrive.</summary>
    public void ServerCrashed()
    {
        if (!Close())
        {
            return;
        }

        _toServer.Last = _toServer.Delivered;
        Cut(_toClient);
        TellEnd(_toClient, () => ClientClosed, "lost its server");
    }

    private bool Close()
    {
        var was = IsOpen;
        IsOpen = false;
        return was;
    }

    private void Send(Lane lane, string what, Action deliver)
    {
        if (!IsOpen || _silent)
        {
            return;
        }

        var number = ++lane.Last;
        var time = world.Now + world.Latency();
        lane.Arrival = time > lane.Arrival ? time : lane.Arrival;
        world.At(lane.Arrival, string.Empty, () =>
        {
            if (number <= lane.Last)
            {
                lane.Delivered = number;
                world.Note(what);
                deliver();
            }
        });
    }

    // Last becomes some point between what arrived and what was sent.
    private void Cut(Lane lane) =>
        lane.Last = lane.Delivered + world.Random.NextInt64(lane.Last - lane.Delivered + 1);

    // Whom to tell is looked up when it happens: the first message, still on its way now, makes the server listen.
    private void TellEnd(Lane lane, Func<Action?> closed, string what)
    {
        if (!_silent)
        {
            var time = world.Now + world.Latency();
            world.At(time > lane.Arrival ? time : lane.Arrival, $"{Name} {what}", () => closed()?.Invoke());
        }
    }

    private sealed class Lane
    {
        public long Last { get; set; }

        public long Delivered { get; set; }

        public DateTimeOffset Arrival { get; set; }
    }
}
