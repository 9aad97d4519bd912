namespace Plenum.Server.Hosting;

/// <summary>
/// Tells whoever started this process that its APIs answer, in the manner of sd_notify: one line into the
/// pipe named by PLENUM_READY. A later start by the supervisor finds the pipe gone and stays silent.
/// </summary>
internal static class ReadySignal
{
    public static void Send()
    {
        var pipe = Environment.GetEnvironmentVariable("PLENUM_READY");
        if (string.IsNullOrEmpty(pipe) || !File.Exists(pipe))
        {
            return;
        }

        // A writer of a pipe waits for its reader; the reader may have given up, so this must not be waited for.
        var writer = new Thread(() =>
        {
            try
            {
                File.WriteAllText(pipe, "ready\n");
            }
            catch (IOException)
            {
                // The starter went away between the check and the write: there is nobody to tell.
            }
        })
        {
            IsBackground = true,
            Name = "ready signal",
        };
        writer.Start();
        writer.Join(TimeSpan.FromSeconds(2));
    }
}
