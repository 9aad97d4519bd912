using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using CallType = Plenum.Protocol.V1.Scheduler.Call.Types.Type;
using EventType = Plenum.Protocol.V1.Scheduler.Event.Types.Type;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Master.Metrics;

/// <summary>What one framework said and was told since this master started. Written by many threads.</summary>
internal sealed class FrameworkCounts
{
    private readonly EnumCounts<CallType> _calls = new();
    private readonly EnumCounts<EventType> _events = new();
    private readonly EnumCounts<OperationType> _operations = new();
    private readonly EnumCounts<TaskState> _ends = new();
    private long _offersSent;
    private long _offersAccepted;
    private long _offersDeclined;
    private long _offersRescinded;

    public void Called(Call call)
    {
        _calls.Increment(call.Type);
        switch (call.Type)
        {
            case CallType.Accept:
                Interlocked.Add(ref _offersAccepted, call.Accept.OfferIds.Count);
                foreach (var operation in call.Accept.Operations)
                {
                    _operations.Increment(operation.Type);
                }

                break;
            case CallType.Decline:
                Interlocked.Add(ref _offersDeclined, call.Decline.OfferIds.Count);
                break;
        }
    }

    public void Told(Event message)
    {
        _events.Increment(message.Type);
        switch (message.Type)
        {
            case EventType.Offers:
                Interlocked.Add(ref _offersSent, message.Offers.Offers_.Count);
                break;
            case EventType.Rescind:
                Interlocked.Increment(ref _offersRescinded);
                break;
        }
    }

    public void Ended(TaskState state) => _ends.Increment(state);

    /// <summary>Names as Mesos' <c>publish_per_framework_metrics</c> makes them.</summary>
    public void Add(IDictionary<string, double> all, string prefix)
    {
        _calls.Add(all, $"{prefix}calls");
        _events.Add(all, $"{prefix}events");
        _operations.Add(all, $"{prefix}operations");
        _ends.AddParts(all, $"{prefix}tasks/terminal");
        all[$"{prefix}offers/sent"] = Interlocked.Read(ref _offersSent);
        all[$"{prefix}offers/accepted"] = Interlocked.Read(ref _offersAccepted);
        all[$"{prefix}offers/declined"] = Interlocked.Read(ref _offersDeclined);
        all[$"{prefix}offers/rescinded"] = Interlocked.Read(ref _offersRescinded);
    }

    /// <summary>One count a value of an enumeration, under the value's wire name in lower case.</summary>
    private sealed class EnumCounts<T>
        where T : struct, Enum
    {
        private static readonly T[] Values = [.. Enum.GetValues<T>().Where(static value => Convert.ToInt32(value) != 0)];
        private static readonly string[] Names = [.. Values.Select(static value => WireNames.Of(value).ToLowerInvariant())];

        private readonly long[] _counts = new long[Values.Length];

        public void Increment(T value)
        {
            var index = Array.IndexOf(Values, value);
            if (index >= 0)
            {
                Interlocked.Increment(ref _counts[index]);
            }
        }

        public void Add(IDictionary<string, double> all, string prefix)
        {
            all[prefix] = AddParts(all, prefix);
        }

        /// <summary>Only what has happened; a framework would otherwise have over a hundred zeros.</summary>
        public long AddParts(IDictionary<string, double> all, string prefix)
        {
            var sum = 0L;
            for (var index = 0; index < _counts.Length; index++)
            {
                var count = Interlocked.Read(ref _counts[index]);
                if (count > 0)
                {
                    all[$"{prefix}/{Names[index]}"] = count;
                    sum += count;
                }
            }

            return sum;
        }
    }
}
