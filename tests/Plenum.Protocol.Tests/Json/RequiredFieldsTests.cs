using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Protocol.Tests.Json;

public sealed class RequiredFieldsTests
{
    [Fact]
    public void The_path_of_a_missing_field_is_named()
    {
        RequiredFields.FirstMissing(new Call { Subscribe = new Call.Types.Subscribe() })
            .ShouldBe("subscribe.framework_info");
        RequiredFields.FirstMissing(new Call
        {
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = new FrameworkInfo { User = "u" } },
        }).ShouldBe("subscribe.framework_info.name");
        var launch = new Offer.Types.Operation.Types.Launch();
        launch.TaskInfos.Add(new TaskInfo
        {
            Name = "n", TaskId = new TaskID { Value = "t" }, AgentId = new AgentID { Value = "a" },
        });
        launch.TaskInfos.Add(new TaskInfo
        {
            Name = "n", TaskId = new TaskID(), AgentId = new AgentID { Value = "a" },
        });
        RequiredFields.FirstMissing(new Offer.Types.Operation { Launch = launch })
            .ShouldBe("launch.task_infos[1].task_id.value");
    }

    [Fact]
    public void A_required_field_inside_a_map_is_found()
    {
        var task = new TaskInfo
        {
            Name = "n", TaskId = new TaskID { Value = "t" }, AgentId = new AgentID { Value = "a" },
        };
        task.Limits.Add("cpus", new Value.Types.Scalar());
        RequiredFields.FirstMissing(task).ShouldBe("limits.value");
    }

    [Fact]
    public void It_agrees_with_the_library_on_damaged_messages()
    {
        // Whatever subset of fields a message has, both must come to the same verdict.
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), noise =>
        {
            Call call;
            try
            {
                call = Call.Parser.ParseFrom([.. Sample().ToByteArray(), .. noise]);
            }
            catch (InvalidProtocolBufferException)
            {
                return;
            }

            (RequiredFields.FirstMissing(call) is null).ShouldBe(call.IsInitialized());
        }).QuickCheckThrowOnFailure();
    }

    private static Call Sample() => new()
    {
        Type = Call.Types.Type.Kill,
        Kill = new Call.Types.Kill { TaskId = new TaskID { Value = "t" }, AgentId = new AgentID() },
    };
}
