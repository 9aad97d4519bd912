using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Output;

namespace Plenum.Cli.Moving;

/// <summary>Says what differs, and what came of it.</summary>
internal static class MoveReport
{
    // A table of ten thousand lines helps nobody; programs get all with --json.
    private const int MaximumRows = 500;
    private const int MaximumFields = 8;

    public static void Plan(Display display, IReadOnlyList<MoveItem> plan)
    {
        var shown = plan.Where(item => item.State is not MoveState.Same).ToList();
        if (!display.IsJson && shown.Count > 0)
        {
            display.Table(["", "KIND", "ID", "WHAT"], shown.Take(MaximumRows).Select(item => new[] { Word(item.State), Kind(item), item.Id, What(item) }));
            if (shown.Count > MaximumRows)
            {
                display.Line($"... and {shown.Count - MaximumRows} more; --json prints all");
            }
        }
        display.Line(
            $"{Count(plan, MoveState.New)} new, {Count(plan, MoveState.Changed)} changed, {Count(plan, MoveState.Same)} the same, {Count(plan, MoveState.OnlyHere)} only here");
    }

    /// <summary>What happened to the plan, with the exit code that goes with it.</summary>
    public static int End(Display display, IReadOnlyList<MoveItem> plan)
    {
        foreach (var item in plan.Where(item => item.Outcome is MoveOutcome.Refused))
        {
            display.Fail($"{Kind(item)} {item.Id} was refused: {item.Message}", null);
        }
        foreach (var item in plan.Where(item => item.Outcome is MoveOutcome.Locked))
        {
            display.Fail($"{Kind(item)} {item.Id} had to wait too long: {item.Message}", null);
        }
        var done = plan.Count(item => item.Outcome is MoveOutcome.Done);
        var refused = plan.Count(item => item.Outcome is MoveOutcome.Refused);
        var locked = plan.Count(item => item.Outcome is MoveOutcome.Locked);
        display.Line($"{Humane.Count(done, "definition")} moved, {refused} refused, {locked} not in time");
        if (refused > 0)
        {
            display.Note("mend it at the source, or in a file (docs/moving.md), and run the import again; what was moved stays");
            return ExitCodes.Refused;
        }
        if (locked > 0)
        {
            display.Note("./plenum deployment list shows what is under way; the same command goes on where this one stopped");
            return ExitCodes.Conflict;
        }
        return ExitCodes.Success;
    }

    public static JsonElement Json(IReadOnlyList<MoveItem> plan) => JsonReading.Build(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("items");
        foreach (var item in plan)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", Kind(item));
            writer.WriteString("id", item.Id);
            writer.WriteString("state", Word(item.State));
            Texts(writer, "fields", item.Fields);
            Texts(writer, "notes", item.Notes);
            if (item.Outcome is not MoveOutcome.None)
            {
                writer.WriteString("result", item.Outcome switch
                {
                    MoveOutcome.Done => "moved",
                    MoveOutcome.Refused => "refused",
                    _ => "locked",
                });
            }
            if (item.Message.Length > 0)
            {
                writer.WriteString("message", item.Message);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void Texts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }
        writer.WriteEndArray();
    }

    private static string What(MoveItem item) => item.State switch
    {
        MoveState.Changed => string.Join(", ", item.Fields.Take(MaximumFields)) + (item.Fields.Count > MaximumFields ? ", ..." : ""),
        MoveState.OnlyHere => "left alone",
        _ => string.Join("; ", item.Notes),
    };

    private static int Count(IReadOnlyList<MoveItem> plan, MoveState state) => plan.Count(item => item.State == state);

    private static string Kind(MoveItem item) => item.Kind switch
    {
        MoveKind.Group => "group",
        MoveKind.Pod => "pod",
        _ => "app",
    };

    private static string Word(MoveState state) => state switch
    {
        MoveState.New => "new",
        MoveState.Changed => "changed",
        MoveState.Same => "same",
        _ => "only here",
    };
}
