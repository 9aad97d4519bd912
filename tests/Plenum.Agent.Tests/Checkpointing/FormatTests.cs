using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>An agent starts on what an older version left, with containers running, and refuses what it would misread.</summary>
public sealed class FormatTests : IDisposable
{
    private const string Format1 = "Format1.txt";

    private readonly string _work = Directory.CreateTempSubdirectory("plenum-format-").FullName;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public void Records_of_format_1_are_read_and_every_task_goes_on()
    {
        var sample = FormatSample.Read(Format1);
        FormatSample.Known(ThroughTheDisk(sample.Records), sample.Running).ShouldBe(sample.Knows);
    }

    [Fact]
    public void Fields_of_a_later_version_do_no_harm()
    {
        var sample = FormatSample.Read(Format1);
        var later = sample.Records.ToDictionary(static pair => pair.Key, static pair => WithUnknownFields(pair.Value));
        FormatSample.Known(ThroughTheDisk(later), sample.Running).ShouldBe(sample.Knows);
    }

    [Fact]
    public void What_is_written_today_is_read_as_the_sample_of_its_format()
    {
        var today = FormatSample.OfToday();
        if (System.Environment.GetEnvironmentVariable("PLENUM_CHECKPOINT_SAMPLE") is { Length: > 0 } path)
        {
            today.Write(path);
        }

        today.Knows.Select(WithoutIds).ShouldBe(FormatSample.Read(Format1).Knows.Select(WithoutIds));
    }

    [Fact]
    public void A_newer_format_is_refused_with_what_to_do_and_nothing_of_it_is_touched()
    {
        Open().Dispose();
        File.WriteAllText(Path.Combine(_work, "meta/format"), "2");
        var record = Path.Combine(_work, "meta/records/agent.rec");
        File.WriteAllText(record, "made by a later version");

        var refused = Should.Throw<AgentStartException>(Open);

        refused.Message.ShouldContain("format 2");
        refused.Message.ShouldContain("Start the newer version again");
        File.ReadAllText(record).ShouldBe("made by a later version");
        File.ReadAllText(Path.Combine(_work, "meta/format")).ShouldBe("2");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_directory_that_does_not_say_its_format_has_the_first(string? note)
    {
        using (var store = Open())
        {
            store.Commit(new Dictionary<string, byte[]?> { ["agent"] = [1] });
        }

        var file = Path.Combine(_work, "meta/format");
        File.Delete(file);
        if (note is not null)
        {
            File.WriteAllText(file, note);
        }

        using var next = Open();
        next.Load().Records.ShouldHaveSingleItem().Value.ShouldBe([1]);
        File.ReadAllText(file).ShouldBe("1");
    }

    [Fact]
    public void A_full_disk_keeps_the_first_start_of_a_newer_version_from_nothing_but_its_note()
    {
        using (var store = Open())
        {
            store.Commit(new Dictionary<string, byte[]?> { ["agent"] = [1] });
        }

        File.Delete(Path.Combine(_work, "meta/format"));
        using var next = CheckpointStore.Open(_work, new FullDisk(), NullLogger.Instance);
        next.Load().Records.ShouldHaveSingleItem().Value.ShouldBe([1]);
    }

    [Fact]
    public void The_record_of_a_container_is_read_without_what_came_later_and_with_what_will_come()
    {
        // As the first agents wrote it, and a field that none has written yet.
        var file = Path.Combine(_work, "record.json");
        File.WriteAllText(file, """
            {"Name":"c","SandboxDirectory":"/s","Isolation":0,"BootId":"b","Process":{"Pid":7,"StartTicks":70},
             "Monitor":{"Pid":6,"StartTicks":60},"Cgroup":"/plenum/c","HoldsPod":true,"Later":{"Than":["this"]}}
            """);

        var record = ContainerRecord.Read(file);

        record.Process.ShouldBe(new ProcessIdentity(7, 70));
        record.HoldsPod.ShouldBeTrue();
        record.RootLayers.ShouldBeNull();
        record.Layers.ShouldBeEmpty();
    }

    private Dictionary<string, byte[]> ThroughTheDisk(IReadOnlyDictionary<string, byte[]> records)
    {
        using (var store = Open())
        {
            store.Commit(records.ToDictionary(static pair => pair.Key, static pair => (byte[]?)pair.Value));
        }

        using var next = Open();
        var found = next.Load();
        found.CorruptKeys.ShouldBeEmpty();
        return new Dictionary<string, byte[]>(found.Records, StringComparer.Ordinal);
    }

    /// <summary>A number and a text under tags that no message here has.</summary>
    private static byte[] WithUnknownFields(byte[] record)
    {
        using var bytes = new MemoryStream();
        bytes.Write(record);
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(5_000, WireFormat.WireType.Varint);
            output.WriteUInt64(42);
            output.WriteTag(5_001, WireFormat.WireType.LengthDelimited);
            output.WriteString("later");
        }

        return bytes.ToArray();
    }

    // Containers get a new id each time.
    private static string WithoutIds(string fact) =>
        string.Join(' ', fact.Split(' ').Select(static word => Guid.TryParse(word.TrimEnd(':'), out _) ? "ID" : word));

    private sealed class FullDisk : CheckpointDisk
    {
        public override void Write(string path, ReadOnlySpan<byte> bytes) => throw new IOException("No space left on device");
    }

    private CheckpointStore Open() => CheckpointStore.Open(_work, NullLogger.Instance);
}
