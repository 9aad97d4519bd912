namespace Plenum.Agent.Fetching;

/// <summary>
/// Downloads that several tasks share, within a size: the least recently used go first, those in use stay.
/// It starts empty, since nobody can say how old an earlier agent's files are.
/// </summary>
internal sealed class FetchCache
{
    private readonly string _directory;
    private readonly long _maxBytes;
    private readonly Dictionary<string, LinkedListNode<Item>> _items = [];
    private readonly LinkedList<Item> _byUse = new();
    private readonly Lock _lock = new();
    private long _bytes;

    public FetchCache(string directory, long maxBytes)
    {
        _directory = directory;
        _maxBytes = maxBytes;
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
        Directory.CreateDirectory(
            directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    public string NewFile() => Path.Join(_directory, Guid.NewGuid().ToString("N"));

    public CacheLease? TryUse(string key)
    {
        lock (_lock)
        {
            if (!_items.TryGetValue(key, out var node))
            {
                return null;
            }
            node.Value.Users++;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return new CacheLease(node.Value.Entry.Path, () => Release(node.Value));
        }
    }

    /// <summary>Takes a finished file over; one that is larger than the whole cache is dropped at once.</summary>
    public CacheEntry Add(string key, string path)
    {
        var entry = new CacheEntry(key, path, new System.IO.FileInfo(path).Length);
        lock (_lock)
        {
            if (entry.Bytes > _maxBytes || _items.ContainsKey(key))
            {
                File.Delete(path);
                return entry;
            }
            _items[key] = _byUse.AddFirst(new Item(entry));
            _bytes += entry.Bytes;
            Evict(except: key);
        }
        return entry;
    }

    private void Release(Item item)
    {
        lock (_lock)
        {
            item.Users--;
            // Files in use may have kept the cache above its size.
            Evict(except: null);
        }
    }

    private void Evict(string? except)
    {
        for (var node = _byUse.Last; node is not null && _bytes > _maxBytes;)
        {
            var previous = node.Previous;
            if (node.Value.Users == 0 && node.Value.Entry.Key != except)
            {
                _byUse.Remove(node);
                _items.Remove(node.Value.Entry.Key);
                _bytes -= node.Value.Entry.Bytes;
                File.Delete(node.Value.Entry.Path);
            }
            node = previous;
        }
    }

    private sealed class Item(CacheEntry entry)
    {
        public CacheEntry Entry { get; } = entry;

        public int Users { get; set; }
    }
}
