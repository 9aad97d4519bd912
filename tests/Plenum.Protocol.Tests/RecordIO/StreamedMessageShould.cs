using System.IO.Pipelines;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;

namespace Plenum.Protocol.Tests.RecordIO;

public sealed class StreamedMessageShould
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(5000, true)]
    [InlineData(5000, false)]
    public async System.Threading.Tasks.Task Be_the_same_record_as_the_whole_message(int tasks, bool json)
    {
        var whole = new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed
            {
                HeartbeatIntervalSeconds = 15,
                GetState = new Response.Types.GetState
                {
                    GetTasks = new Response.Types.GetTasks { Tasks = { Tasks("t", tasks) }, CompletedTasks = { Tasks("c", tasks / 2) } },
                    GetAgents = new Response.Types.GetAgents(),
                },
            },
        };
        var type = Response.Types.GetTasks.Descriptor;
        var streamed = new StreamedMessage()
            .With(new Event { Type = Event.Types.Type.Subscribed })
            .With(Event.Descriptor, Event.SubscribedFieldNumber, new StreamedMessage()
                .With(Event.Types.Subscribed.Descriptor, Event.Types.Subscribed.GetStateFieldNumber, new StreamedMessage()
                    .With(Response.Types.GetState.Descriptor, Response.Types.GetState.GetTasksFieldNumber, new StreamedMessage()
                        .With(type, Response.Types.GetTasks.TasksFieldNumber, Tasks("t", tasks))
                        .With(type, Response.Types.GetTasks.UnreachableTasksFieldNumber, [])
                        .With(type, Response.Types.GetTasks.CompletedTasksFieldNumber, Tasks("c", tasks / 2)))
                    .With(Response.Types.GetState.Descriptor, Response.Types.GetState.GetAgentsFieldNumber, new StreamedMessage()))
                .With(new Event.Types.Subscribed { HeartbeatIntervalSeconds = 15 }));

        var expected = RecordFraming.Frame(json ? MesosJson.Write(whole) : whole.ToByteArray());
        var written = await WriteAsync(streamed, json);

        written.ShouldBe(expected);
        streamed.Measure(json).ShouldBe((json ? MesosJson.Write(whole) : whole.ToByteArray()).Length);
    }

    [Fact]
    public async System.Threading.Tasks.Task Hand_over_what_is_written_before_the_rest_is_made()
    {
        var made = 0;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var streamed = new StreamedMessage().With(
            Response.Types.GetTasks.Descriptor,
            Response.Types.GetTasks.TasksFieldNumber,
            Tasks("t", 10_000).Select(task =>
            {
                made++;
                return task;
            }));
        var length = streamed.Measure(json: true);
        made.ShouldBe(10_000);
        length.ShouldBeGreaterThan(1024 * 1024);

        // Nobody reads, so that the second piece is never begun.
        var writing = new RecordWriter(pipe.Writer).WriteAsync(streamed, json: true).AsTask();
        writing.IsCompleted.ShouldBeFalse();
        (made - 10_000).ShouldBeInRange(1, 2_000);

        await pipe.Reader.CompleteAsync();
        (await writing).ShouldBeFalse();
    }

    [Fact]
    public async System.Threading.Tasks.Task Break_off_when_it_changed_between_the_walks()
    {
        var walks = 0;
        var streamed = new StreamedMessage().With(
            Response.Types.GetTasks.Descriptor, Response.Types.GetTasks.TasksFieldNumber, Changing());
        await Should.ThrowAsync<InvalidOperationException>(() => WriteAsync(streamed, json: false));

        IEnumerable<IMessage> Changing() => Enumerable.Range(0, 1).SelectMany(_ => Tasks("t", ++walks));
    }

    private static IEnumerable<V1.Task> Tasks(string name, int count) => Enumerable.Range(0, count).Select(i => new V1.Task
    {
        Name = name,
        TaskId = new TaskID { Value = $"{name}-{i}" },
        FrameworkId = new FrameworkID { Value = "f" },
        AgentId = new AgentID { Value = "a" },
        State = TaskState.TaskRunning,
        Labels = new Labels { Labels_ = { new Label { Key = "k", Value = new string('v', i % 50) } } },
    });

    private static async System.Threading.Tasks.Task<byte[]> WriteAsync(StreamedMessage message, bool json)
    {
        var output = new MemoryStream();
        var pipe = PipeWriter.Create(output);
        (await new RecordWriter(pipe).WriteAsync(message, json)).ShouldBeTrue();
        return output.ToArray();
    }
}
