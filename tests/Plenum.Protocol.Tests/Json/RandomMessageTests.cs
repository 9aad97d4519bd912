using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.Tests.Wire;

namespace Plenum.Protocol.Tests.Json;

public sealed class RandomMessageTests
{
    private const int Seeds = 20;

    [Fact]
    public void Every_message_type_survives_JSON_and_is_written_alike_afterwards() => ForEveryMessage((message, where) =>
    {
        var json = MesosJson.Write(message);
        var read = MesosJson.Parse(message.Descriptor, json);
        read.ShouldBe(message, where);
        Encoding.ASCII.GetString(MesosJson.Write(read)).ShouldBe(Encoding.ASCII.GetString(json), where);
    });

    [Fact]
    public void Every_message_type_is_written_as_one_line_of_ASCII_that_another_reader_accepts() => ForEveryMessage((message, where) =>
    {
        var json = MesosJson.Write(message);
        json.AsSpan().IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E).ShouldBe(-1, where);
        var text = Encoding.ASCII.GetString(json);
        using var document = JsonDocument.Parse(WithoutInfinity(text));
        document.RootElement.ValueKind.ShouldBe(JsonValueKind.Object, where);
    });

    [Fact]
    public void Every_message_type_survives_the_binary_form() => ForEveryMessage((message, where) =>
        message.Descriptor.Parser.ParseFrom(message.ToByteArray()).ShouldBe(message, where));

    // Each rule of the mapping said a second time, slowly and without plans, over the descriptors.
    [Fact]
    public void Every_member_written_is_the_one_a_slow_reading_of_the_rules_expects() => ForEveryMessage((message, where) =>
    {
        using var document = JsonDocument.Parse(WithoutInfinity(Encoding.ASCII.GetString(MesosJson.Write(message))));
        SlowRules.Check(document.RootElement, message, where);
    });

    private static void ForEveryMessage(Action<IMessage, string> check)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomMessages(new Random(seed));
            foreach (var type in Descriptors.Messages)
            {
                check(random.Next(type), $"{type.FullName}, seed {seed}");
            }
        }
    }

    // Text values that are the word itself become quoted text with a quoted word inside: keep them apart.
    private static string WithoutInfinity(string json) => json
        .Replace("\"Infinity\"", "\"word\"", StringComparison.Ordinal)
        .Replace("-Infinity", "-1e300", StringComparison.Ordinal)
        .Replace("Infinity", "1e300", StringComparison.Ordinal);
}
