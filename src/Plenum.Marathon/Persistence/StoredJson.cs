using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Persistence;

/// <summary>
/// The stored form of definitions, instances and deployments. Separate from the API's JSON on purpose: a rule
/// that the API tightens must not make what is stored unreadable, and every field must come back as it was.
/// </summary>
internal static class StoredJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AddKinds } },
        Converters =
        {
            new JsonStringEnumConverter(),
            new TextConverter<PathId>(path => path.Text, PathId.Parse),
            new TextConverter<InstanceId>(id => id.Value, text => new InstanceId(text)),
            new TextConverter<Timestamp>(moment => moment.ToString(), Timestamp.Parse),
            new RunSpecConverter(),
            new ValueListConverter(),
            new ValueMapConverter(),
        },
    };

    public static byte[] Write<T>(T value) => value is RunSpec spec
        ? JsonSerializer.SerializeToUtf8Bytes(spec, spec.GetType(), Options)
        : JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <exception cref="StoredStateException">The entry is not what this program writes.</exception>
    public static T Read<T>(string key, ReadOnlySpan<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options)
                ?? throw new StoredStateException(key, "it is null", null);
        }
        catch (Exception broken) when (broken is JsonException or FormatException or NotSupportedException)
        {
            throw new StoredStateException(key, broken.Message, broken);
        }
    }

    // The definitions know nothing of how they are stored, so their unions are named here.
    private static void AddKinds(JsonTypeInfo type)
    {
        if (type.Type == typeof(EnvironmentValue) || type.Type == typeof(Volume) || type.Type == typeof(CheckProbe)
            || type.Type == typeof(PodVolume))
        {
            type.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "$kind" };
            foreach (var kind in type.Type.GetNestedTypes(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public))
            {
                if (kind.IsSubclassOf(type.Type))
                {
                    type.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(kind, kind.Name));
                }
            }
        }
    }

    private sealed class TextConverter<T>(Func<T, string> write, Func<string, T> read) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            read(reader.GetString() ?? throw new JsonException($"{typeof(T).Name} must not be null"));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(write(value));
    }

    /// <summary>
    /// An app or a pod where either may stand. Only a pod has containers; there is no other mark, since plans that were
    /// stored when there were apps only must stay readable.
    /// </summary>
    private sealed class RunSpecConverter : JsonConverter<RunSpec>
    {
        public override RunSpec? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.TryGetProperty(nameof(PodDefinition.Containers), out _)
                ? document.Deserialize<PodDefinition>(options)
                : document.Deserialize<AppDefinition>(options);
        }

        public override void Write(Utf8JsonWriter writer, RunSpec value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }

    private sealed class ValueListConverter : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) =>
            typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ValueList<>);

        public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter?)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GetGenericArguments()));

        private sealed class Of<T> : JsonConverter<ValueList<T>>
            where T : notnull
        {
            public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
                ValueList.Own(JsonSerializer.Deserialize<T[]>(ref reader, options) ?? []);

            public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options) =>
                JsonSerializer.Serialize<IEnumerable<T>>(writer, value, options);
        }
    }

    private sealed class ValueMapConverter : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) =>
            typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ValueMap<>);

        public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter?)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GetGenericArguments()));

        private sealed class Of<T> : JsonConverter<ValueMap<T>>
            where T : notnull
        {
            public override ValueMap<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
                ValueMap<T>.From(JsonSerializer.Deserialize<Dictionary<string, T>>(ref reader, options) ?? []);

            public override void Write(Utf8JsonWriter writer, ValueMap<T> value, JsonSerializerOptions options)
            {
                writer.WriteStartObject();
                foreach (var (key, entry) in value)
                {
                    writer.WritePropertyName(key);
                    JsonSerializer.Serialize(writer, entry, options);
                }

                writer.WriteEndObject();
            }
        }
    }
}
