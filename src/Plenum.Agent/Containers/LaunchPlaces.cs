namespace Plenum.Agent.Containers;

/// <summary>
/// Places for launches in progress. They are for speed: more launches than the processors can work on only get in each
/// other's way. One that hangs, at a disk or in a broken runtime, works on nothing, so it keeps its place for some seconds only,
/// and the launches behind it go on.
/// </summary>
/// <param name="count">How many are in progress at once.</param>
/// <param name="time">Measures how long.</param>
internal sealed class LaunchPlaces(int count, TimeProvider time) : IDisposable
{
    /// <summary>
    /// A launch holds its place for some 20 ms, for a second on a machine with far too much to do. Those that hang are ended
    /// after the runtime's two minutes each, so that at most a dozen of them add up behind each place.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _free = new(count);

    /// <summary>Waits for a place, which is given back when disposed.</summary>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Place(_free, time);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Place : IDisposable
    {
        private readonly SemaphoreSlim _free;
        private readonly ITimer _late;
        private readonly Lock _gate = new();
        private bool _given;

        public Place(SemaphoreSlim free, TimeProvider time)
        {
            _free = free;
            _late = time.CreateTimer(static place => ((Place)place!).GiveBack(), this, Patience, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _late.Dispose();
            GiveBack();
        }

        private void GiveBack()
        {
            lock (_gate)
            {
                if (!_given)
                {
                    _given = true;
                    _free.Release();
                }
            }
        }
    }
}
