using System.IO.Pipelines;
using System.Text;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Protocol.Tests.RecordIO;

public sealed class RecordReaderTests
{
    private static readonly byte[][] Records =
        [[], "a"u8.ToArray(), "ten bytes."u8.ToArray(), "7\nrecord"u8.ToArray(), Enumerable.Repeat((byte)'\n', 123).ToArray()];

    private static readonly byte[] Stream = [.. Records.SelectMany(record => RecordFraming.Frame(record))];

    private static readonly EqualityComparer<byte[]> Bytes =
        EqualityComparer<byte[]>.Create((x, y) => x.AsSpan().SequenceEqual(y), bytes => bytes.Length);

    [Fact]
    public void A_frame_is_the_decimal_length_a_newline_and_the_bytes() =>
        Encoding.ASCII.GetString(RecordFraming.Frame("hello world"u8)).ShouldBe("11\nhello world");

    [Fact]
    public async Task Records_arrive_whole_wherever_the_stream_is_cut()
    {
        for (var cut = 0; cut <= Stream.Length; cut++)
        {
            (await ReadAsync(Stream[..cut], Stream[cut..])).SequenceEqual(Records, Bytes).ShouldBeTrue($"cut at {cut}");
        }
    }

    [Fact]
    public async Task Records_arrive_whole_when_every_byte_comes_alone() =>
        (await ReadAsync([.. Stream.Select(b => new[] { b })])).SequenceEqual(Records, Bytes).ShouldBeTrue();

    [Fact]
    public async Task A_stream_that_ends_inside_a_record_is_an_error_wherever_it_ends()
    {
        byte[] framed = RecordFraming.Frame("payload"u8);
        for (var end = 1; end < framed.Length; end++)
        {
            await Should.ThrowAsync<RecordIOException>(() => ReadAsync(framed[..end]), $"ended at {end}");
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("x\n")]
    [InlineData("-1\n")]
    [InlineData("+1\na")]
    [InlineData(" 1\na")]
    [InlineData("1 \na")]
    [InlineData("1\r\na")]
    [InlineData("0x1\na")]
    [InlineData("000000000000000000001\na")]
    [InlineData("11\n")]
    [InlineData("99999999999999999999\n")]
    [InlineData("18446744073709551617\na")]
    public async Task A_header_that_is_not_a_plain_number_within_the_limits_kills_the_stream(string bytes) =>
        await Should.ThrowAsync<RecordIOException>(() => ReadAsync(maximumRecord: 10, Encoding.ASCII.GetBytes(bytes)));

    [Fact]
    public async Task A_header_of_twenty_digits_is_still_a_header() =>
        (await ReadAsync("00000000000000000001\na"u8.ToArray())).ShouldHaveSingleItem().ShouldBe("a"u8.ToArray());

    [Fact]
    public async Task A_record_too_large_is_refused_before_its_bytes_arrive()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("11\n"u8.ToArray());
        await Should.ThrowAsync<RecordIOException>(() => new RecordReader(pipe.Reader, maximumRecord: 10).ReadAsync().AsTask());
    }

    [Fact]
    public async Task A_record_larger_than_the_pipes_back_pressure_arrives()
    {
        var record = new byte[RecordLimits.DefaultMaximumRecord];
        new Random(1).NextBytes(record);
        var pipe = new Pipe();
        var writing = new RecordWriter(pipe.Writer).WriteAsync(record).AsTask();
        (await new RecordReader(pipe.Reader).ReadAsync()).ShouldBe(record);
        (await writing).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_cross_a_pipe_in_either_encoding(bool json)
    {
        var pipe = new Pipe();
        var writer = new RecordWriter(pipe.Writer);
        await writer.WriteAsync(new TaskID { Value = "täsk" }, json);
        await writer.WriteAsync(new TaskID { Value = "two" }, json);
        await pipe.Writer.CompleteAsync();
        var reader = new RecordReader(pipe.Reader);
        (await reader.ReadMessageAsync(TaskID.Parser, json))!.Value.ShouldBe("täsk");
        (await reader.ReadMessageAsync(TaskID.Parser, json))!.Value.ShouldBe("two");
        (await reader.ReadMessageAsync(TaskID.Parser, json)).ShouldBeNull();
    }

    [Theory]
    [InlineData("x\n")]
    [InlineData("1\n!")]
    public async Task After_what_was_refused_the_pipe_can_be_read_on_by_its_owner(string refused)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(refused));
        await Should.ThrowAsync<Exception>(() => new RecordReader(pipe.Reader).ReadMessageAsync(TaskID.Parser, json: true).AsTask());
        await pipe.Writer.WriteAsync("rest"u8.ToArray());
        (await pipe.Reader.ReadAsync()).Buffer.Length.ShouldBe(4);
    }

    [Fact]
    public async Task Damaged_streams_give_records_or_the_declared_exception()
    {
        var refused = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var bytes = Stream.ToArray();
            for (var count = random.Next(1, 4); count > 0; count--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            try
            {
                (await ReadAsync(bytes)).Sum(record => record.Length).ShouldBeLessThan(Stream.Length);
            }
            catch (RecordIOException)
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}", e);
            }
        }
        refused.ShouldBeGreaterThan(100);
    }

    private static Task<List<byte[]>> ReadAsync(params byte[][] chunks) =>
        ReadAsync(RecordLimits.DefaultMaximumRecord, chunks);

    // Each chunk is handed over only when the reader has taken in all the earlier ones.
    private static async Task<List<byte[]>> ReadAsync(int maximumRecord, params byte[][] chunks)
    {
        var pipe = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        var reading = CollectAsync(new RecordReader(pipe.Reader, maximumRecord));
        foreach (var chunk in chunks)
        {
            await pipe.Writer.WriteAsync(chunk);
        }
        await pipe.Writer.CompleteAsync();
        return await reading;
    }

    private static async Task<List<byte[]>> CollectAsync(RecordReader reader)
    {
        var records = new List<byte[]>();
        await foreach (var record in reader.ReadAllAsync())
        {
            records.Add(record);
        }
        return records;
    }
}
