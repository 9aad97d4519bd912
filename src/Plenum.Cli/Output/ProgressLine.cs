namespace Plenum.Cli.Output;

/// <summary>
/// How far long work has come: one line that rewrites itself on a terminal, else a line for each
/// change. Always on standard error, so that standard output stays the answer.
/// </summary>
internal sealed class ProgressLine(CliHost host)
{
    private string _shown = "";

    /// <param name="text">The progress.</param>
    /// <param name="detail">What changes every second, as a countdown: a log file would be flooded with it.</param>
    public void Show(string text, string? detail = null)
    {
        if (detail is not null && host.Terminal.ErrorIsTerminal)
        {
            text = $"{text}; {detail}";
        }
        if (text == _shown)
        {
            return;
        }
        _shown = text;
        if (!host.Terminal.ErrorIsTerminal)
        {
            host.Error.WriteLine(text);
            return;
        }
        var width = Math.Max(host.Terminal.Size.Columns - 1, 20);
        host.Error.Write("\r\u001b[K" + (text.Length <= width ? text : text[..(width - 3)] + "..."));
        host.Error.Flush();
    }

    /// <summary>Takes the line away again; what follows starts at the margin.</summary>
    public void Clear()
    {
        if (host.Terminal.ErrorIsTerminal && _shown.Length > 0)
        {
            host.Error.Write("\r\u001b[K");
            host.Error.Flush();
        }
        _shown = "";
    }
}
