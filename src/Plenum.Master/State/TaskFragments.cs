using System.Buffers;
using System.Text.Json;
using Plenum.Kernel.Snapshots;

namespace Plenum.Master.State;

/// <summary>
/// The JSON of each task as the last <c>/state</c> showed it. Tools poll the whole state every few seconds
/// and most tasks stand unchanged between two polls; a record that is the same object has the same text.
/// Holds as many entries as the last answer had tasks.
/// </summary>
internal sealed class TaskFragments
{
    private static readonly JsonWriterOptions Fast = new() { SkipValidation = true };

    private Dictionary<TaskRecord, byte[]> _newest = new(ReferenceEqualityComparer.Instance);

    /// <summary>Starts one answer. Several at a time are correct; the last to end leaves its texts.</summary>
    public Pass Begin() => new(this, Volatile.Read(ref _newest));

    /// <summary>One answer: texts of the one before are reused, and those it used stay for the next.</summary>
    internal sealed class Pass : IDisposable
    {
        private readonly TaskFragments _owner;
        private readonly Dictionary<TaskRecord, byte[]> _before;
        private readonly Dictionary<TaskRecord, byte[]> _now;
        private readonly ArrayBufferWriter<byte> _buffer = new(1_024);
        private readonly Utf8JsonWriter _writer;

        public Pass(TaskFragments owner, Dictionary<TaskRecord, byte[]> before)
        {
            _owner = owner;
            _before = before;

            // By reference: comparing two tasks by value would cost more than writing one.
            _now = new Dictionary<TaskRecord, byte[]>(before.Count, ReferenceEqualityComparer.Instance);
            _writer = new Utf8JsonWriter(_buffer, Fast);
        }

        public void Write(Utf8JsonWriter json, TaskRecord task)
        {
            if (!_before.TryGetValue(task, out var text))
            {
                _buffer.ResetWrittenCount();
                _writer.Reset();
                _writer.WriteTask(task);
                _writer.Flush();
                text = _buffer.WrittenSpan.ToArray();
            }

            _now[task] = text;
            json.WriteRawValue(text, skipInputValidation: true);
        }

        public void Dispose()
        {
            _writer.Dispose();
            Volatile.Write(ref _owner._newest, _now);
        }
    }
}
