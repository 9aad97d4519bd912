namespace Plenum.Master.Metrics;

/// <summary>What the shell's parts hold at one moment.</summary>
internal readonly record struct MasterGauges(
    double UptimeSeconds,
    bool Elected,
    int QueuedCommands,
    int RoundsInFlight,
    int OperatorStreams,
    long SharedReads)
{
    public void Add(IDictionary<string, double> all)
    {
        all["master/elected"] = Elected ? 1 : 0;
        all["master/uptime_secs"] = UptimeSeconds;
        all["master/event_queue_messages"] = QueuedCommands;
        all["master/event_queue_dispatches"] = RoundsInFlight;

        // The allocator lives in the kernel and shares its queue.
        all["allocator/event_queue_dispatches"] = QueuedCommands;
        all["allocator/mesos/event_queue_dispatches"] = QueuedCommands;
        all["master/operator_event_stream_subscribers"] = OperatorStreams;
        all["master/http_cache_hits"] = SharedReads;
        all["registrar/queued_operations"] = RoundsInFlight;
        all["registrar/log/recovered"] = Elected ? 1 : 0;

        // The store is one file on this machine.
        all["registrar/log/ensemble_size"] = 1;
    }
}
