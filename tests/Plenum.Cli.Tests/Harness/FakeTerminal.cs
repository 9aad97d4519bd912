using Plenum.Cli.Terminal;

namespace Plenum.Cli.Tests.Harness;

internal sealed class FakeTerminal : ITerminal
{
    private Action? _resized;

    public bool IsTerminal { get; set; }

    public bool IsRaw { get; private set; }

    public bool WasRaw { get; private set; }

    public bool InputIsTerminal => IsTerminal;

    public bool OutputIsTerminal => IsTerminal;

    public bool ErrorIsTerminal => IsTerminal;

    public TerminalSize Size { get; private set; } = new(80, 24);

    public void Resize(TerminalSize size)
    {
        Size = size;
        _resized?.Invoke();
    }

    public IDisposable EnterRawMode()
    {
        IsRaw = WasRaw = true;
        return new Undo(() => IsRaw = false);
    }

    public IDisposable OnResize(Action resized)
    {
        _resized = resized;
        return new Undo(() => _resized = null);
    }

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
