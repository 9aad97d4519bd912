namespace Plenum.Agent.Native;

/// <summary>
/// Starts programs by posix_spawn. Unlike System.Diagnostics.Process it passes chosen descriptors and resets
/// what the runtime did to signals: SIGPIPE is ignored in a .NET process, and an ignored signal stays ignored
/// across exec.
/// </summary>
internal static class ChildProcess
{
    /// <summary>Returns the pid; the caller watches and reaps it with <see cref="ProcessWatcher"/>.</summary>
    /// <exception cref="NativeException">The program could not be started.</exception>
    public static unsafe int Spawn(SpawnRequest request)
    {
        using var prepared = new PreparedSpawn(request);
        var error = LibC.Spawn(
            out var pid, request.Program, prepared.FileActions, prepared.Attributes, prepared.Arguments, prepared.Environment);
        return error == 0 ? pid : throw new NativeException($"start {request.Program}", error);
    }
}
