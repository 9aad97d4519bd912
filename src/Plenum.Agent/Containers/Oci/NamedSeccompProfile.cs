using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Plenum.Agent.Containers.Oci;

/// <summary>
/// Seccomp profiles that an operator keeps in a directory and tasks name: docker's JSON format, which knows conditions (on
/// the processor, the kernel and the container's capabilities) that an OCI runtime does not.
/// </summary>
internal static class NamedSeccompProfile
{
    /// <summary>Docker's own default has some 20 KB.</summary>
    private const int MaximumBytes = 1024 * 1024;

    /// <summary>A system call has no more arguments that a filter can look at.</summary>
    private const int Arguments = 6;

    private static readonly string[] Actions =
    [
        "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE",
        "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",
    ];

    private static readonly string[] Comparisons =
        ["SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"];

    /// <summary>The profile in the words of an OCI configuration.</summary>
    /// <param name="directory">Where the operator keeps them; null: nowhere.</param>
    /// <param name="name">The name of a file in it.</param>
    /// <param name="capabilities">What the container can get at most; some rules depend on it.</param>
    /// <exception cref="ContainerLaunchException">There is no such profile, or it cannot be used; the message says what to do.</exception>
    public static string Load(string? directory, string name, IReadOnlyList<string> capabilities)
    {
        if (directory is null)
        {
            throw Problem(name, "cannot be had: this agent has no directory of profiles. Start it with --seccomp-config-dir DIRECTORY, "
                + "or ask for no profile (unconfined) or for none by name");
        }

        if (name.Length == 0 || name[0] == '.' || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            throw Problem(name, "has no legal name: letters, digits, '.', '_' and '-', as its file in the agent's directory of profiles");
        }

        var file = new FileInfo(Path.Join(directory, name));
        if (!file.Exists)
        {
            throw Problem(name, $"is not on this agent: put it into {directory}, a JSON file in docker's format");
        }

        if (file.Length > MaximumBytes)
        {
            throw Problem(name, $"has {file.Length} bytes, at most {MaximumBytes} are read: make {file.FullName} smaller");
        }

        try
        {
            return Translate(
                File.ReadAllBytes(file.FullName), capabilities, RuntimeInformation.ProcessArchitecture, System.Environment.OSVersion.Version);
        }
        catch (Exception bad) when (bad is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw Problem(name, $"cannot be used: {bad.Message}. Repair {file.FullName}");
        }
    }

    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatException">It is no profile; the message says where.</exception>
    public static string Translate(ReadOnlyMemory<byte> profile, IReadOnlyList<string> capabilities, Architecture machine, Version kernel)
    {
        using var document = JsonDocument.Parse(profile);
        var root = Expect(document.RootElement, JsonValueKind.Object, "the profile");
        using var translated = new MemoryStream();
        using (var json = new Utf8JsonWriter(translated))
        {
            json.WriteStartObject();
            json.WriteString("defaultAction", Word(root, "defaultAction", Actions, "the profile"));
            CopyNumber(json, root, "defaultErrnoRet", "the profile");
            WriteArchitectures(json, root, machine);
            if (Find(root, "flags", JsonValueKind.Array, "the profile") is { } flags)
            {
                WriteTexts(json, "flags", TextsOf(flags, "flags"));
            }

            json.WriteStartArray("syscalls");
            var rules = Find(root, "syscalls", JsonValueKind.Array, "the profile");
            foreach (var (rule, index) in (rules?.EnumerateArray() ?? default).Select(static (rule, index) => (rule, index)))
            {
                WriteRule(json, Expect(rule, JsonValueKind.Object, $"syscalls[{index}]"), $"syscalls[{index}]", capabilities, machine, kernel);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(translated.GetBuffer(), 0, (int)translated.Length);
    }

    private static void WriteRule(
        Utf8JsonWriter json, JsonElement rule, string where, IReadOnlyList<string> capabilities, Architecture machine, Version kernel)
    {
        string[] names = (Find(rule, "names", JsonValueKind.Array, where), Find(rule, "name", JsonValueKind.String, where)) switch
        {
            ({ } many, null) => [.. TextsOf(many, $"{where}.names")],
            (null, { } one) => [one.GetString()!],
            _ => throw new FormatException($"{where} has not one of 'names' and 'name'"),
        };
        var action = Word(rule, "action", Actions, where);
        if (names.Length == 0 || names.Any(string.IsNullOrEmpty))
        {
            throw new FormatException($"{where} names no system call");
        }

        var included = Find(rule, "includes", JsonValueKind.Object, where) is not { } includes
            || (Conditions.Read(includes, $"{where}.includes") is var needed
                && (needed.Architectures.Length == 0 || needed.Architectures.Contains(NameOf(machine)))
                && needed.Capabilities.All(capabilities.Contains)
                && (needed.Kernel is null || kernel >= needed.Kernel));
        var excluded = Find(rule, "excludes", JsonValueKind.Object, where) is { } excludes
            && Conditions.Read(excludes, $"{where}.excludes") is var barred
            && (barred.Architectures.Contains(NameOf(machine))
                || barred.Capabilities.Any(capabilities.Contains)
                || (barred.Kernel is not null && kernel >= barred.Kernel));
        if (!included || excluded)
        {
            return;
        }

        json.WriteStartObject();
        WriteTexts(json, "names", names);
        json.WriteString("action", action);
        CopyNumber(json, rule, "errnoRet", where);
        if (Find(rule, "args", JsonValueKind.Array, where) is { } arguments)
        {
            json.WriteStartArray("args");
            foreach (var argument in arguments.EnumerateArray())
            {
                WriteArgument(json, Expect(argument, JsonValueKind.Object, $"{where}.args"), $"{where}.args");
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteArgument(Utf8JsonWriter json, JsonElement argument, string where)
    {
        if (Number(argument, "index", where) is not < Arguments)
        {
            throw new FormatException($"'index' of {where} is no number from 0 to {Arguments - 1}");
        }

        json.WriteStartObject();
        CopyNumber(json, argument, "index", where);
        json.WriteNumber("value", Number(argument, "value", where) ?? 0);
        CopyNumber(json, argument, "valueTwo", where);
        json.WriteString("op", Word(argument, "op", Comparisons, where));
        json.WriteEndObject();
    }

    /// <summary>Either a plain list, or docker's map from each processor to the others whose programs it runs too.</summary>
    private static void WriteArchitectures(Utf8JsonWriter json, JsonElement root, Architecture machine)
    {
        var plain = Find(root, "architectures", JsonValueKind.Array, "the profile");
        var map = Find(root, "archMap", JsonValueKind.Array, "the profile");
        if (plain is not null && map is { } both && both.GetArrayLength() > 0)
        {
            throw new FormatException("it has 'architectures' and 'archMap' at once");
        }

        var own = machine == Architecture.Arm64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
        IReadOnlyList<string> architectures = plain is { } list ? TextsOf(list, "architectures") : [];
        foreach (var entry in map?.EnumerateArray() ?? default)
        {
            Expect(entry, JsonValueKind.Object, "archMap");
            if (Find(entry, "architecture", JsonValueKind.String, "archMap")?.GetString() == own)
            {
                var others = Find(entry, "subArchitectures", JsonValueKind.Array, "archMap");
                architectures = [own, .. others is { } more ? TextsOf(more, "subArchitectures") : []];
            }
        }

        if (architectures.Count > 0)
        {
            WriteTexts(json, "architectures", architectures);
        }
    }

    /// <summary>Docker's conditions name processors as Go does.</summary>
    private static string NameOf(Architecture machine) => machine == Architecture.Arm64 ? "arm64" : "amd64";

    private static string Word(JsonElement element, string name, string[] words, string where)
    {
        var word = Find(element, name, JsonValueKind.String, where)?.GetString()
            ?? throw new FormatException($"{where} has no '{name}'");
        return words.Contains(word)
            ? word
            : throw new FormatException($"'{name}' of {where} is '{word}', and there are {string.Join(", ", words)}");
    }

    private static ulong? Number(JsonElement element, string name, string where) => Find(element, name, JsonValueKind.Number, where) switch
    {
        null => null,
        { } number => number.TryGetUInt64(out var value) ? value : throw new FormatException($"'{name}' of {where} is no whole number from 0 on"),
    };

    private static void CopyNumber(Utf8JsonWriter json, JsonElement element, string name, string where)
    {
        if (Number(element, name, where) is { } value)
        {
            json.WriteNumber(name, value);
        }
    }

    /// <summary>Null where it is missing or null, as docker's own files have it.</summary>
    private static JsonElement? Find(JsonElement element, string name, JsonValueKind kind, string where) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? Expect(value, kind, $"'{name}' of {where}") : null;

    private static JsonElement Expect(JsonElement value, JsonValueKind kind, string where) => value.ValueKind == kind
        ? value
        : throw new FormatException($"{where} is no JSON {(kind == JsonValueKind.Array ? "array" : kind == JsonValueKind.Object ? "object" : kind == JsonValueKind.Number ? "number" : "string")}");

    private static IReadOnlyList<string> TextsOf(JsonElement array, string where) =>
        [.. array.EnumerateArray().Select(text => Expect(text, JsonValueKind.String, $"an entry of {where}").GetString()!)];

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static ContainerLaunchException Problem(string name, string problem) =>
        new($"The seccomp profile '{name}' {problem}", ContainerLaunchFailure.InvalidSpec);

    /// <summary>When a rule counts, or does not.</summary>
    private sealed record Conditions(string[] Architectures, string[] Capabilities, Version? Kernel)
    {
        public static Conditions Read(JsonElement element, string where)
        {
            var kernel = Find(element, "minKernel", JsonValueKind.String, where)?.GetString();
            return new Conditions(Texts("arches"), Texts("caps"), kernel switch
            {
                null => null,
                _ => Version.TryParse(kernel, out var version)
                    ? version
                    : throw new FormatException($"'minKernel' of {where} is '{kernel}', no version such as 4.8"),
            });

            string[] Texts(string name) => Find(element, name, JsonValueKind.Array, where) is { } list ? [.. TextsOf(list, name)] : [];
        }
    }
}
