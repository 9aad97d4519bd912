using System.Text;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using MasterCall = Plenum.Protocol.V1.Master.Call;
using WireTaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Protocol.Tests.Json;

public sealed class MesosJsonReadTests
{
    [Fact]
    public void An_explicit_null_means_absent()
    {
        var call = Read<Call>("""{"type":"DECLINE","decline":{"offer_ids":[{"value":"o"},null],"filters":null},"kill":null}""");
        call.Decline.OfferIds.ShouldHaveSingleItem().Value.ShouldBe("o");
        call.Decline.Filters.ShouldBeNull();
        call.Kill.ShouldBeNull();
    }

    [Fact]
    public void Unknown_and_camel_case_members_are_ignored_whatever_they_hold()
    {
        var call = Read<Call>("""{"typ":[{"type":"KILL"}],"frameworkId":{"value":7},"type":"REVIVE","x":{"y":[1,null]}}""");
        call.Type.ShouldBe(Call.Types.Type.Revive);
        call.FrameworkId.ShouldBeNull();
    }

    [Fact]
    public void Integers_come_as_numbers_strings_and_whole_doubles()
    {
        Read<TimeInfo>("""{"nanoseconds":-9223372036854775808}""").Nanoseconds.ShouldBe(long.MinValue);
        Read<TimeInfo>("""{"nanoseconds":"9223372036854775807"}""").Nanoseconds.ShouldBe(long.MaxValue);
        Read<TimeInfo>("""{"nanoseconds":1.5e3}""").Nanoseconds.ShouldBe(1500);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("9223372036854775808")]
    [InlineData("\"12a\"")]
    [InlineData("\"\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    public void What_is_no_integer_of_64_bits_is_refused(string value) =>
        Refused<TimeInfo>($$"""{"nanoseconds":{{value}}}""").Path.ShouldBe("nanoseconds");

    [Theory]
    [InlineData("Infinity", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"0.5\"", 0.5)]
    [InlineData("7", 7.0)]
    public void Doubles_come_as_numbers_strings_and_infinity(string value, double expected) =>
        Read<Value.Types.Scalar>($$"""{"value": {{value}} }""").Value.ShouldBe(expected);

    [Theory]
    [InlineData("NaN")]
    [InlineData("\"NaN\"")]
    [InlineData("1e999")]
    [InlineData("\"one\"")]
    [InlineData("Infinit")]
    [InlineData("InfinityInfinity")]
    public void What_is_no_number_is_refused(string value) => Refused<Value.Types.Scalar>($$"""{"value":{{value}}}""");

    [Fact]
    public void The_word_infinity_inside_text_stays_text() =>
        Read<Label>("""{"key":"to \"Infinity and","value":"-Infinity"}""")
            .ShouldBe(new Label { Key = "to \"Infinity and", Value = "-Infinity" });

    [Fact]
    public void Booleans_come_as_words_and_as_text()
    {
        Read<FrameworkInfo>("""{"user":"u","name":"n","checkpoint":"true"}""").Checkpoint.ShouldBeTrue();
        Read<FrameworkInfo>("""{"user":"u","name":"n","checkpoint":"false"}""").HasCheckpoint.ShouldBeTrue();
        Refused<FrameworkInfo>("""{"user":"u","name":"n","checkpoint":1}""").Path.ShouldBe("checkpoint");
    }

    [Fact]
    public void An_unknown_enum_name_is_dropped_where_optional_and_refused_where_required()
    {
        Read<Call>("""{"type":"FLY"}""").HasType.ShouldBeFalse();
        Refused<WireTaskStatus>("""{"task_id":{"value":"t"},"state":"TASK_FLYING"}""").Path.ShouldBe("state");
    }

    [Fact]
    public void Enum_numbers_are_refused() => Refused<Call>("""{"type":3}""").Path.ShouldBe("type");

    [Fact]
    public void A_missing_required_member_is_named_with_its_place()
    {
        var refused = Refused<Call>("""{"type":"ACCEPT","accept":{"offer_ids":[{"value":"a"},{}]}}""");
        refused.Problem.ShouldBe("missing required member 'value'");
        refused.Path.ShouldBe("accept.offer_ids[1]");
    }

    [Fact]
    public void A_null_does_not_satisfy_a_required_member() => Refused<OfferID>("""{"value":null}""");

    [Fact]
    public void A_member_given_twice_counts_as_its_last()
    {
        Read<OfferID>("""{"value":"a","value":"b"}""").Value.ShouldBe("b");
        Read<Call.Types.Decline>("""{"offer_ids":[{"value":"a"}],"offer_ids":[{"value":"b"}]}""")
            .OfferIds.ShouldHaveSingleItem().Value.ShouldBe("b");
    }

    [Fact]
    public void Escaped_names_are_the_names_they_spell() =>
        Read<OfferID>("{\"\\u0076alue\":\"a\"}").Value.ShouldBe("a");

    [Fact]
    public void A_duration_is_read_from_its_object()
    {
        var call = Read<MasterCall>(
            """{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"S1"},"max_grace_period":{"seconds":5}}}""");
        call.DrainAgent.MaxGracePeriod.Seconds.ShouldBe(5);
        Refused<MasterCall>("""{"drain_agent":{"agent_id":{"value":"S1"},"max_grace_period":"5s"}}""")
            .Path.ShouldBe("drain_agent.max_grace_period");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{} {}")]
    [InlineData("{\"value\":\"a\",}")]
    [InlineData("{'value':'a'}")]
    [InlineData("{\"value\":\"a\" /* comment */}")]
    [InlineData("{\"value\":\"\\ud800\"}")]
    [InlineData("{\"value\":{}}")]
    public void What_is_no_JSON_object_of_the_message_is_refused(string json) => Refused<OfferID>(json);

    [Fact]
    public void Text_that_is_not_UTF8_is_refused()
    {
        byte[] json = [.. "{\"value\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        Should.Throw<MesosJsonException>(() => MesosJson.Parse<OfferID>(json)).Path.ShouldBe("value");
    }

    [Fact]
    public void Bytes_that_are_not_base64_are_refused() => Refused<UUID>("""{"value":"?"}""").Problem.ShouldBe("string is not base64");

    [Theory]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""{"framework_id":{"value":"\ud800"}}""")]
    [InlineData("""{"decline":{"filters":{"refuse_seconds":"\ud800"}}}""")]
    [InlineData("""{"subscribe":{"framework_info":{"user":"u","name":"n","checkpoint":"\ud800"}}}""")]
    [InlineData("""{"acknowledge":{"uuid":"\ud800"}}""")]
    [InlineData("""{"failure":{"status":"\ud800"},"kill":{"kill_policy":{"grace_period":{"nanoseconds":"\ud800"}}}}""")]
    [InlineData("""{"subscribe":{"offer_constraints":{"role_constraints":{"\ud800":{}}}}}""")]
    public void Half_of_a_surrogate_pair_is_refused_wherever_it_stands(string json) => Refused<Call>(json);

    [Fact]
    public void Nesting_deeper_than_the_bound_is_refused_and_what_lies_within_is_read()
    {
        static string Parents(int count) =>
            string.Concat(Enumerable.Repeat("{\"value\":\"c\",\"parent\":", count)) + "{\"value\":\"c\"}" + new string('}', count);

        Read<ContainerID>(Parents(MesosJson.MaximumDepth - 1));
        Refused<ContainerID>(Parents(MesosJson.MaximumDepth)).Problem.ShouldContain("depth");
        Refused<ContainerID>("{\"x\":" + new string('[', 100_000)).Problem.ShouldContain("depth");
    }

    [Fact]
    public void A_problem_is_placed_by_its_byte_and_its_members_also_behind_a_bare_infinity()
    {
        const string Json = "{\"type\":\"ACCEPT\",\n\"accept\":{\"offer_ids\":[],\"operations\":[{},{\"x\":Infinity,\"launch\":7}]}}";
        var refused = Refused<Call>(Json);
        refused.Position.ShouldBe(Json.IndexOf('7'));
        refused.Path.ShouldBe("accept.operations[1].launch");
        refused.Message.ShouldBe($"expected an object, found a number at byte {Json.IndexOf('7')} in accept.operations[1].launch");
    }

    [Fact]
    public void Malformed_text_is_placed_too()
    {
        const string Json = "{\"type\":\"ACCEPT\",\n\"accept\":{\"offer_ids\":[{\"value\":\"a\"},!]}}";
        var refused = Refused<Call>(Json);
        refused.Position.ShouldBe(Json.IndexOf('!'));
        refused.Path.ShouldStartWith("accept.offer_ids");
        refused.Problem.ShouldStartWith("malformed JSON:");
    }

    private static T Read<T>(string json)
        where T : IMessage, new() => MesosJson.Parse<T>(Encoding.UTF8.GetBytes(json));

    private static MesosJsonException Refused<T>(string json)
        where T : IMessage, new() => Should.Throw<MesosJsonException>(() => Read<T>(json));
}
