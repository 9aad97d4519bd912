using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Plenum.Storage.Sqlite;

/// <summary>
/// The statements on one connection: entries with the revision that last wrote them, and a table of
/// single numbers (store revision, lease terms). Not thread-safe.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int SchemaVersion = 1;
    private const string RevisionName = "revision";
    private const string LeasePrefix = "lease/";

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    private SqliteDatabase(SqliteConnection connection)
    {
        _connection = connection;
    }

    internal static SqliteDatabase OpenForWriting(string path, long maxBytes)
    {
        var database = Open(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            // FULL: a commit that was acknowledged survives a power cut, not only a crash.
            database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
            var pageSize = database.Number("PRAGMA page_size");
            database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {Math.Max(1, maxBytes / pageSize)}"));
            database.Prepare(path);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    internal static SqliteDatabase OpenForReading(string path) => Open(path, SqliteOpenMode.ReadOnly);

    internal long Revision => Number("SELECT coalesce(max(value), 0) FROM numbers WHERE name = 'revision'");

    internal void Begin() => Execute("BEGIN IMMEDIATE");

    internal void Commit() => Execute("COMMIT");

    /// <summary>SQLite has often rolled back by itself already, for example when the disk is full.</summary>
    internal void RollbackIfOpen()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    internal long RevisionOf(string key)
    {
        var command = Command("SELECT revision FROM entries WHERE key = $key", "$key");
        command.Parameters[0].Value = key;
        return command.ExecuteScalar() as long? ?? 0;
    }

    internal void Put(string key, byte[] value, long revision)
    {
        var command = Command(
            "INSERT INTO entries (key, value, revision) VALUES ($key, $value, $revision) "
            + "ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision",
            "$key", "$value", "$revision");
        command.Parameters[0].Value = key;
        command.Parameters[1].Value = value;
        command.Parameters[2].Value = revision;
        command.ExecuteNonQuery();
    }

    /// <summary>False when there was nothing to delete.</summary>
    internal bool Delete(string key)
    {
        var command = Command("DELETE FROM entries WHERE key = $key", "$key");
        command.Parameters[0].Value = key;
        return command.ExecuteNonQuery() > 0;
    }

    internal void SetRevision(long revision) => SetNumber(RevisionName, revision);

    internal long NextTerm(string lease)
    {
        var command = Command("SELECT value FROM numbers WHERE name = $name", "$name");
        command.Parameters[0].Value = LeasePrefix + lease;
        var term = (command.ExecuteScalar() as long? ?? 0) + 1;
        SetNumber(LeasePrefix + lease, term);
        return term;
    }

    internal StoreEntry? Get(string key)
    {
        var command = Command("SELECT key, value, revision FROM entries WHERE key = $key", "$key");
        command.Parameters[0].Value = key;
        using var reader = command.ExecuteReader();
        return reader.Read() ? Entry(reader) : null;
    }

    /// <summary>One statement, hence one revision, whatever is committed meanwhile.</summary>
    internal List<StoreEntry> List(string prefix)
    {
        var command = Command(
            "SELECT key, value, revision FROM entries WHERE key >= $from AND key < $to ORDER BY key", "$from", "$to");
        command.Parameters[0].Value = prefix;
        command.Parameters[1].Value = prefix + StoreLimits.LastCharacter;
        using var reader = command.ExecuteReader();
        var entries = new List<StoreEntry>();
        while (reader.Read())
        {
            entries.Add(Entry(reader));
        }

        return entries;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private static SqliteDatabase Open(string path, SqliteOpenMode mode)
    {
        // Pooling would keep the file open after the store is closed.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            return new SqliteDatabase(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Prepare(string path)
    {
        if (!string.Equals(Text("PRAGMA quick_check(1)"), "ok", StringComparison.Ordinal))
        {
            throw new StoreUnavailableException(SqliteErrors.Damaged(path));
        }

        var version = Number("PRAGMA user_version");
        if (version > SchemaVersion)
        {
            throw new StoreUnavailableException(
                $"The state database '{path}' was written by a newer Plenum (form {version}, this one knows {SchemaVersion}): install that version again");
        }

        Execute(
            $"""
            BEGIN IMMEDIATE;
            CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
            PRAGMA user_version = {SchemaVersion};
            COMMIT;
            """);
    }

    private void SetNumber(string name, long value)
    {
        var command = Command(
            "INSERT INTO numbers (name, value) VALUES ($name, $value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            "$name", "$value");
        command.Parameters[0].Value = name;
        command.Parameters[1].Value = value;
        command.ExecuteNonQuery();
    }

    private static StoreEntry Entry(SqliteDataReader reader) =>
        new(reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2));

    private void Execute(string sql) => Command(sql).ExecuteNonQuery();

    private long Number(string sql) => Convert.ToInt64(Command(sql).ExecuteScalar(), CultureInfo.InvariantCulture);

    private string? Text(string sql) => Command(sql).ExecuteScalar() as string;

    // Compiled once: the texts are constants, so that the table stays as small as this class.
    private SqliteCommand Command(string sql, params string[] parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every text comes from this file; values only ever travel as parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
            }

            _commands[sql] = command;
        }

        return command;
    }
}
