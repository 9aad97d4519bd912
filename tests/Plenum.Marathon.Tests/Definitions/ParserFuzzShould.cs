using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Writing;

namespace Plenum.Marathon.Tests.Definitions;

/// <summary>Whatever a client sends, the answer is a value or a reason, never an exception.</summary>
public sealed class ParserFuzzShould
{
    private const int Rounds = 300;

    [Fact]
    public void Survive_any_bytes() =>
        Prop.ForAll<byte[]>(bytes => ReadAll(bytes)).QuickCheckThrowOnFailure();

    [Fact]
    public void Survive_damaged_definitions()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var json = AppWriter.ToJson(new AppGenerator(seed).App());
            for (var damages = random.Next(1, 6); damages > 0 && json.Length > 1; damages--)
            {
                json = Damage(json, random);
            }

            Should.NotThrow(() => ReadAll(json), $"seed {seed}: {Encoding.UTF8.GetString(json)}");
        }
    }

    [Fact]
    public void Survive_members_of_a_wrong_type_everywhere()
    {
        string[] values = ["null", "1", "-1.5e30", "\"\"", "\"\\ud800\"", "[]", "[null]", "{}", "{\"a\":[[]]}", "true"];
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var json = Encoding.UTF8.GetString(AppWriter.ToJson(new AppGenerator(seed).App()));
            var colons = Enumerable.Range(0, json.Length).Where(i => json[i] == ':' && json[i - 1] == '"').ToList();
            var at = colons[random.Next(colons.Count)];
            var end = json.IndexOfAny([',', '}', ']', '[', '{'], at + 1);
            var damaged = json[..(at + 1)] + values[random.Next(values.Length)] + json[end..];

            Should.NotThrow(() => ReadAll(Encoding.UTF8.GetBytes(damaged)), $"seed {seed}: {damaged}");
        }
    }

    [Fact]
    public void Refuse_a_document_that_is_nested_too_deeply()
    {
        var deep = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"groups\":[", 5000)));

        DefinitionDocument.Read(deep, field => GroupReader.Read(field, PathId.Root)).Failure!.Details.ShouldNotBeNull();
    }

    private static void ReadAll(byte[] json)
    {
        foreach (var (value, failure) in new[]
                 {
                     Outcome(DefinitionDocument.Read(json, field => AppReader.Read(field, PathId.Root))),
                     Outcome(DefinitionDocument.Read(json, field => GroupReader.Read(field, PathId.Root))),
                 })
        {
            (value is null).ShouldBe(failure is not null);
        }
    }

    private static (object? Value, ParseFailure? Failure) Outcome<T>(Parsed<T> parsed)
        where T : class => (parsed.Value, parsed.Failure);

    private static byte[] Damage(byte[] json, Random random)
    {
        var at = random.Next(json.Length);
        switch (random.Next(4))
        {
            case 0:
                return json[..at];
            case 1:
                var changed = json.ToArray();
                changed[at] = (byte)random.Next(256);
                return changed;
            case 2:
                return [.. json[..at], .. json[random.Next(json.Length)..]];
            default:
                return [.. json[..at], (byte)"{}[],:\"0-e"[random.Next(10)], .. json[at..]];
        }
    }
}
