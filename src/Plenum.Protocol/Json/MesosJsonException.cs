namespace Plenum.Protocol.Json;

/// <summary>The text is not JSON, or is not the message that was asked for.</summary>
public sealed class MesosJsonException : FormatException
{
    // A codec says what is wrong; MesosJson adds where, once, after the fast path has failed.
    internal MesosJsonException(string problem)
        : base(problem)
    {
        Problem = problem;
    }

    internal MesosJsonException(string problem, string path, long position, Exception cause)
        : base($"{problem} at byte {position}{(path.Length == 0 ? "" : " in " + path)}", cause)
    {
        Problem = problem;
        Path = path;
        Position = position;
    }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>Members and indexes from the outermost object, as in <c>accept.operations[2].type</c>.</summary>
    public string Path { get; } = "";

    /// <summary>Offset in the text, in bytes.</summary>
    public long Position { get; }
}
