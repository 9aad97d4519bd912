namespace Plenum.Storage;

/// <summary>What every store accepts, so that what works on one works on all.</summary>
public static class StoreLimits
{
    public const int MaxKeyLength = 1024;

    /// <summary>Well above the largest group definition seen; an entry is read and written as a whole.</summary>
    public const int MaxValueBytes = 16 * 1024 * 1024;

    /// <summary>Conditions and writes of one transaction, each. A deployment of a large group stays below.</summary>
    public const int MaxTransactionItems = 10_000;

    /// <summary>Changes kept for watchers that are behind: some seconds of the busiest master.</summary>
    public const int MaxHistoryChanges = 16_384;

    /// <summary>The same bound in bytes, for large values.</summary>
    public const long MaxHistoryBytes = 64 * 1024 * 1024;

    // Ends a range scan of a prefix; a noncharacter that no sane key holds.
    internal const string LastCharacter = "\U0010FFFF";

    internal static void Check(StoreTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transaction.Conditions.Length, MaxTransactionItems, nameof(transaction));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transaction.Writes.Length, MaxTransactionItems, nameof(transaction));
        foreach (var condition in transaction.Conditions)
        {
            CheckKey(condition.Key);
        }

        if (transaction.Writes.Length == 1)
        {
            CheckWrite(transaction.Writes[0]);
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var write in transaction.Writes)
        {
            CheckWrite(write);
            if (!seen.Add(write.Key))
            {
                throw new ArgumentException($"Key '{write.Key}' is written twice in one transaction", nameof(transaction));
            }
        }
    }

    internal static void CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, MaxKeyLength, nameof(key));
        if (key.Any(char.IsControl) || key.Contains(LastCharacter, StringComparison.Ordinal))
        {
            throw new ArgumentException("A key must not contain control characters or noncharacters", nameof(key));
        }
    }

    private static void CheckWrite(StoreWrite write)
    {
        CheckKey(write.Key);
        if (write.Value is { Length: > MaxValueBytes })
        {
            throw new ArgumentException($"The value of '{write.Key}' is larger than {MaxValueBytes} bytes", nameof(write));
        }
    }
}
