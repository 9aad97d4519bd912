using System.Text.Json;

namespace Plenum.Protocol.Json;

/// <summary>One value of one wire type, both ways.</summary>
internal abstract class ValueCodec<T>
{
    /// <summary>False for the one kind of value that has no JSON form: an enum number without a name.</summary>
    public virtual bool HasForm(T value) => true;

    public abstract void Write(ref JsonSink sink, T value);

    /// <summary>
    /// Reads the value at the reader's token, which is not null. False: a name this version does not
    /// know, which an optional field ignores. Anything else that does not fit throws.
    /// </summary>
    public abstract bool TryRead(ref Utf8JsonReader reader, out T value);

    protected static MesosJsonException Expected(string what, ref Utf8JsonReader reader) =>
        new($"expected {what}, found {Describe(reader.TokenType)}");

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => token.ToString(),
    };
}
