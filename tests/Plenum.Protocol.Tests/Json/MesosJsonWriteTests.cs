using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;
using SchedulerEvent = Plenum.Protocol.V1.Scheduler.Event;
using WireTaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Protocol.Tests.Json;

public sealed class MesosJsonWriteTests
{
    [Fact]
    public void A_heartbeat_is_its_type_alone() =>
        Written(new SchedulerEvent { Type = SchedulerEvent.Types.Type.Heartbeat }).ShouldBe("""{"type":"HEARTBEAT"}""");

    [Fact]
    public void Offers_are_nested_under_the_name_of_their_event() =>
        Written(new SchedulerEvent { Type = SchedulerEvent.Types.Type.Rescind, Rescind = new() { OfferId = new() { Value = "o1" } } })
            .ShouldBe("""{"type":"RESCIND","rescind":{"offer_id":{"value":"o1"}}}""");

    [Fact]
    public void Declared_defaults_are_printed_and_deprecated_ones_are_not() =>
        Written(new FrameworkInfo { User = "root", Name = "f" })
            .ShouldBe("""{"user":"root","name":"f","failover_timeout":0.0,"checkpoint":false}""");

    [Fact]
    public void Whole_doubles_keep_their_fraction_and_others_take_the_shortest_form()
    {
        Written(new Value.Types.Scalar { Value = 5 }).ShouldBe("""{"value":5.0}""");
        Written(new Value.Types.Scalar { Value = 0.1 }).ShouldBe("""{"value":0.1}""");
        Written(new Value.Types.Scalar { Value = -0.0 }).ShouldBe("""{"value":-0.0}""");
        Written(new Value.Types.Scalar { Value = 1e300 }).ShouldBe("""{"value":1E+300}""");
    }

    [Fact]
    public void Infinity_is_written_bare()
    {
        Written(new Value.Types.Scalar { Value = double.PositiveInfinity }).ShouldBe("""{"value":Infinity}""");
        Written(new Value.Types.Scalar { Value = double.NegativeInfinity }).ShouldBe("""{"value":-Infinity}""");
    }

    [Fact]
    public void A_number_that_is_none_is_left_out() =>
        Written(new WireTaskStatus { TaskId = new() { Value = "t" }, State = TaskState.TaskRunning, Timestamp = double.NaN })
            .ShouldBe("""{"task_id":{"value":"t"},"state":"TASK_RUNNING"}""");

    [Fact]
    public void Large_integers_are_numbers() =>
        Written(new TimeInfo { Nanoseconds = long.MaxValue }).ShouldBe("""{"nanoseconds":9223372036854775807}""");

    [Fact]
    public void Bytes_are_base64_with_padding() =>
        Written(new UUID { Value = ByteString.CopyFrom(1, 2, 3, 4) }).ShouldBe("""{"value":"AQIDBA=="}""");

    [Fact]
    public void Text_is_ASCII_on_one_line() =>
        Written(new TaskID { Value = "a\"\\/\n\r\t\u0001é😀<&" })
            .ShouldBe("{\"value\":\"a\\\"\\\\/\\n\\r\\t\\u0001\\u00e9\\ud83d\\ude00<&\"}");

    [Fact]
    public void A_duration_is_an_object_with_both_parts() =>
        Written(new Duration { Seconds = 90 }).ShouldBe("""{"seconds":90,"nanos":0}""");

    [Fact]
    public void A_map_is_an_object()
    {
        var limits = new TaskInfo { Name = "n", TaskId = new() { Value = "t" }, AgentId = new() { Value = "a" } };
        limits.Limits["cp\"us"] = new() { Value = 1 };
        Written(limits).ShouldEndWith("""
            "limits":{"cp\"us":{"value":1.0}}}
            """);
    }

    [Fact]
    public void An_enum_number_without_a_name_is_left_out() =>
        Written(new SchedulerEvent { Type = (SchedulerEvent.Types.Type)4711 }).ShouldBe("{}");

    [Fact]
    public void Text_of_any_length_and_content_reads_back_as_it_was() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonNull<string>>(),
            text =>
            {
                // Half of a surrogate pair is no text, and protobuf's strings cannot carry it either.
                var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
                foreach (var value in new[] { valid, string.Concat(Enumerable.Repeat(valid + "\n", 3000)) })
                {
                    MesosJson.Parse<TaskID>(MesosJson.Write(new TaskID { Value = value })).Value.ShouldBe(value);
                }
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_double_reads_back_as_it_was() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<double>(),
            number => double.IsNaN(number)
                || MesosJson.Parse<Value.Types.Scalar>(MesosJson.Write(new Value.Types.Scalar { Value = number })).Value.Equals(number))
            .QuickCheckThrowOnFailure();

    private static string Written(IMessage message) => Encoding.ASCII.GetString(MesosJson.Write(message));
}
