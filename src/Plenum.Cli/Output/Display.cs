using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Plenum.Cli.Output;

/// <summary>What a command prints: tables and lines for people, or JSON for programs.</summary>
internal sealed class Display(CliHost host, bool json)
{
    // A pipe has no width. A table that breaks its lines there is of no use to grep and awk.
    private const int PipeWidth = 10_000;

    private static readonly JsonWriterOptions Pretty = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>True when standard output is for a program.</summary>
    public bool IsJson { get; } = json;

    /// <summary>A sentence of the answer: on standard output, unless that carries JSON.</summary>
    public void Line(string text) => (IsJson ? host.Error : host.Output).WriteLine(text);

    /// <summary>A remark that is not the answer: always on standard error.</summary>
    public void Note(string text) => host.Error.WriteLine("plenum: " + text);

    public void Fail(string message, string? advice)
    {
        Note(message);
        if (advice is not null)
        {
            Note(advice);
        }
    }

    public void Json(JsonElement element)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Pretty))
        {
            element.WriteTo(writer);
        }
        host.Output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public void Table(string[] headers, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        }
        foreach (var row in rows)
        {
            table.AddRow(row.Select(IRenderable (cell) => new Text(cell)));
        }
        Render(table);
    }

    /// <summary>Names and values below each other; a value without text is left out.</summary>
    public void Facts(IEnumerable<(string Name, string Value)> facts)
    {
        var shown = facts.Where(fact => fact.Value.Length > 0).ToList();
        var width = shown.Max(fact => fact.Name.Length) + 2;
        foreach (var (name, value) in shown)
        {
            Line(name.PadRight(width) + value.Replace("\n", "\n" + new string(' ', width), StringComparison.Ordinal));
        }
    }

    private void Render(IRenderable what)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = host.Terminal.OutputIsTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = host.Terminal.OutputIsTerminal ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new FixedOutput(text, host.Terminal.OutputIsTerminal ? host.Terminal.Size.Columns : PipeWidth),
        });
        console.Write(what);

        // Cells are padded to the width of their column: the last one leaves blanks at the line's end.
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            host.Output.WriteLine(line.TrimEnd());
        }
    }

    private sealed class FixedOutput(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = writer;

        public bool IsTerminal => false;

        public int Width { get; } = width;

        public int Height => 1000;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // The writer is a string: it has no encoding to set.
        }
    }
}
