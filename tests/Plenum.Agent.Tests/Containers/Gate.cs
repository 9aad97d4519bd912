using System.Diagnostics;

namespace Plenum.Agent.Tests.Containers;

/// <summary>A named pipe that a command in a container reads from: it goes on when the test opens the gate.</summary>
internal sealed class Gate : IDisposable
{
    private readonly FileStream _pipe;

    private Gate(FileStream pipe) => _pipe = pipe;

    public static Gate Create(string path)
    {
        using (var mkfifo = Process.Start("mkfifo", [path]))
        {
            mkfifo.WaitForExit();
        }
        // Both ends: opening one alone would wait for the other.
        return new Gate(new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0));
    }

    public void Open() => _pipe.Write("go\n"u8);

    public void Dispose() => _pipe.Dispose();
}
