using Microsoft.Data.Sqlite;

namespace Plenum.Storage.Sqlite;

/// <summary>SQLite's result codes as sentences that tell an operator what to do.</summary>
internal static class SqliteErrors
{
    // https://sqlite.org/rescode.html
    private const int Permission = 3;
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    internal static StoreUnavailableException Explain(SqliteException error, string databasePath)
    {
        var message = error.SqliteErrorCode switch
        {
            Full => $"The state database '{databasePath}' cannot grow: the disk is full or the size limit is reached. Free space and try again",
            Corrupt or NotADatabase => Damaged(databasePath),
            ReadOnly or Permission or CannotOpen => $"The state database '{databasePath}' cannot be opened for writing: check the owner and mode of its directory",
            Busy => $"The state database '{databasePath}' is locked by another program: close it and try again",
            InputOutput => $"The disk under the state database '{databasePath}' reports errors",
            _ => $"The state database '{databasePath}' failed",
        };
        return new StoreUnavailableException($"{message} (SQLite {error.SqliteExtendedErrorCode}: {error.Message})", error)
        {
            IsDiskFull = error.SqliteErrorCode == Full,
        };
    }

    /// <summary>Nothing is repaired or deleted here: what can still be read of it is the operator's to decide on.</summary>
    internal static string Damaged(string databasePath) =>
        $"The state database '{databasePath}' is damaged. Stop the master, keep a copy of the file, and put a backup in its place";
}
