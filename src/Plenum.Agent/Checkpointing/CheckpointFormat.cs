using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Checkpointing;

/// <summary>Keeps an agent from records that a newer one wrote, by a file that names what they are made of.</summary>
internal sealed partial class CheckpointFormat(string file, CheckpointDisk disk, ILogger logger)
{
    /// <summary>
    /// What the records are made of, as a number in <c>meta/format</c>. It rises when an older agent would misread what a
    /// newer one wrote; fields that an older one may do without are only added. Directories without the file are the first.
    /// </summary>
    private const int Own = 1;

    // Before anything is touched: to an older agent all that a newer one wrote would look damaged, and be put away.
    public void RefuseNewer(string workDirectory)
    {
        if (Noted() is { } found and > Own)
        {
            throw new AgentStartException(
                $"The work directory '{workDirectory}' was last used by a newer version of Plenum: its checkpoints have format {found}, "
                + $"this version knows {Own}. Start the newer version again; or, to give up the tasks that run here, end them with "
                + "the newer version and start this one with an empty work directory.");
        }
    }

    public void Note()
    {
        if (Noted() == Own)
        {
            return;
        }

        var fresh = $"{file}.new";
        try
        {
            disk.Write(fresh, Encoding.ASCII.GetBytes(Own.ToString(CultureInfo.InvariantCulture)));
            disk.Rename(fresh, file);
        }
        catch (IOException exception)
        {
            // A full disk keeps no agent from starting: without the note it is the first format, which it is.
            Log.NotNoted(logger, exception);
        }
    }

    /// <summary>Null: an agent wrote here that knew only the first, or none, or the power went while the note was made.</summary>
    private int? Noted() =>
        File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var format) ? format : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The disk has no room for the note of the checkpoints' format; the next start tries again")]
        public static partial void NotNoted(ILogger logger, Exception exception);
    }
}
