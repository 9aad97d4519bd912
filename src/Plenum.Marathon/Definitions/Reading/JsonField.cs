using System.Text.Json;

namespace Plenum.Marathon.Definitions.Reading;

/// <summary>
/// A value of a request, the way to it, and where to say what is wrong with it. Absent and null read as null; a
/// wrong type reads as null too and leaves a violation behind, so that one answer names every mistake.
/// </summary>
internal readonly struct JsonField
{
    private readonly JsonElement _element;

    public JsonField(JsonElement element, FieldPath path, Violations violations)
    {
        _element = element;
        Path = path;
        Violations = violations;
    }

    public FieldPath Path { get; }

    public Violations Violations { get; }

    public bool IsPresent => _element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public JsonValueKind Kind => _element.ValueKind;

    public JsonField this[string member] =>
        new(
            _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(member, out var value) ? value : default,
            Path[member],
            Violations);

    /// <summary>The names of the members that hold something. Empty for anything but an object.</summary>
    public IEnumerable<string> MemberNames()
    {
        if (_element.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var property in _element.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null)
            {
                yield return property.Name;
            }
        }
    }

    public void Refuse(string message) => Violations.Add(Path, message);

    public bool RequireObject() => Is(JsonValueKind.Object, "error.expected.jsobject");

    public string? Text(int minLength = 0, int maxLength = int.MaxValue)
    {
        if (!IsPresent || !Is(JsonValueKind.String, "error.expected.jsstring"))
        {
            return null;
        }

        var text = _element.GetString()!;
        if (text.Length < minLength)
        {
            Refuse($"must not be shorter than {minLength} characters");
            return null;
        }

        if (text.Length > maxLength)
        {
            Refuse($"must not be longer than {maxLength} characters");
            return null;
        }

        return text;
    }

    public string RequiredText(int minLength = 1, int maxLength = int.MaxValue)
    {
        if (!IsPresent)
        {
            Refuse("error.path.missing");
            return "";
        }

        return Text(minLength, maxLength) ?? "";
    }

    public bool? Boolean()
    {
        if (!IsPresent)
        {
            return null;
        }

        if (_element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return _element.GetBoolean();
        }

        Refuse("error.expected.jsboolean");
        return null;
    }

    public int? Integer(int min = int.MinValue, int max = int.MaxValue) => (int?)Long(min, max);

    public long? Long(long min, long max)
    {
        if (!IsPresent || !Is(JsonValueKind.Number, "error.expected.jsnumber"))
        {
            return null;
        }

        // "1.0" and "1e3" are whole numbers for Marathon's clients written in JavaScript and Python.
        if (!_element.TryGetInt64(out var value))
        {
            if (!_element.TryGetDouble(out var number) || number != Math.Floor(number) || Math.Abs(number) > 1e15)
            {
                Refuse("error.expected.int");
                return null;
            }

            value = (long)number;
        }

        if (value < min || value > max)
        {
            Refuse(value < min ? $"must be greater than or equal to {min}" : $"must be less than or equal to {max}");
            return null;
        }

        return value;
    }

    public double? Number(double min, double max)
    {
        if (!IsPresent || !Is(JsonValueKind.Number, "error.expected.jsnumber"))
        {
            return null;
        }

        if (!_element.TryGetDouble(out var value) || !double.IsFinite(value))
        {
            Refuse("error.expected.jsnumber");
            return null;
        }

        if (value < min || value > max)
        {
            Refuse(value < min ? $"must be greater than or equal to {min}" : $"must be less than or equal to {max}");
            return null;
        }

        return value;
    }

    public T? Enumeration<T>(WireNames<T> names)
        where T : struct, Enum
    {
        var text = Text();
        if (text is null)
        {
            return null;
        }

        if (names.TryParse(text, out var value))
        {
            return value;
        }

        Refuse($"must be one of: {names.All}");
        return null;
    }

    public Timestamp? Moment()
    {
        var text = Text();
        if (text is null)
        {
            return null;
        }

        if (Timestamp.TryParse(text, out var timestamp))
        {
            return timestamp;
        }

        Refuse("error.expected.jodadate.format");
        return null;
    }

    /// <summary>Entries that could not be read are left out: their violations are what counts then. Of too many none is read.</summary>
    public ValueList<T>? List<T>(Func<JsonField, T?> read, int maxCount = Bounds.MaxEntries)
        where T : notnull
    {
        if (!IsPresent || !Is(JsonValueKind.Array, "error.expected.jsarray"))
        {
            return null;
        }

        if (IsLonger(maxCount))
        {
            return null;
        }

        var items = new List<T>(_element.GetArrayLength());
        foreach (var field in Items())
        {
            if (!field.IsPresent)
            {
                field.Refuse("must not be null");
            }
            else if (read(field) is { } item)
            {
                items.Add(item);
            }
        }

        return items.ToValueList();
    }

    public ValueList<int>? Integers(int min, int max)
    {
        if (!IsPresent || !Is(JsonValueKind.Array, "error.expected.jsarray"))
        {
            return null;
        }

        return IsLonger(Bounds.MaxEntries) ? null : Items().Select(field => field.Integer(min, max)).OfType<int>().ToValueList();
    }

    public ValueList<PathId>? Paths(PathId origin)
    {
        if (!IsPresent || !Is(JsonValueKind.Array, "error.expected.jsarray"))
        {
            return null;
        }

        return IsLonger(Bounds.MaxWords) ? null : Items().Select(field => field.PathFrom(origin)).OfType<PathId>().Distinct().ToValueList();
    }

    public ValueList<string>? Texts() => List(field => field.Text(), Bounds.MaxWords);

    public ValueMap<T>? Map<T>(Func<JsonField, T?> read)
        where T : notnull
    {
        if (!IsPresent || !RequireObject())
        {
            return null;
        }

        if (_element.GetPropertyCount() > Bounds.MaxWords)
        {
            Refuse($"must not have more than {Bounds.MaxWords} entries");
            return null;
        }

        var entries = new List<KeyValuePair<string, T>>();
        foreach (var property in _element.EnumerateObject())
        {
            var field = new JsonField(property.Value, Path.At(property.Name), Violations);
            if (!field.IsPresent)
            {
                field.Refuse("must not be null");
            }
            else if (read(field) is { } value)
            {
                entries.Add(new KeyValuePair<string, T>(property.Name, value));
            }
        }

        return ValueMap<T>.From(entries);
    }

    public ValueMap<string>? TextMap() => Map(field => field.Text());

    private bool IsLonger(int maxCount)
    {
        if (_element.GetArrayLength() <= maxCount)
        {
            return false;
        }

        Refuse($"must not have more than {maxCount} entries");
        return true;
    }

    public IEnumerable<JsonField> Items()
    {
        if (_element.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        var index = 0;
        foreach (var item in _element.EnumerateArray())
        {
            yield return new JsonField(item, Path.At(index++), Violations);
        }
    }

    /// <summary>A path, relative to the origin unless it begins with a slash.</summary>
    public PathId? PathFrom(PathId origin)
    {
        var text = Text(minLength: 1);
        if (text is null)
        {
            return null;
        }

        if (PathId.TryResolve(text, origin, out var path, out var error))
        {
            return path;
        }

        Refuse(error);
        return null;
    }

    private bool Is(JsonValueKind kind, string otherwise)
    {
        if (_element.ValueKind == kind)
        {
            return true;
        }

        Refuse(otherwise);
        return false;
    }
}
