using System.Globalization;

namespace Plenum.Agent.Fetching;

/// <summary>
/// What may still be written for one task, or one layer of an image: packed data says nothing of the room it takes unpacked,
/// and a machine whose disk is full has failed for all its tasks.
/// </summary>
/// <param name="directory">On the disk that is written to.</param>
/// <param name="bytes">All of it together.</param>
/// <param name="because">Where that bound comes from, for the message.</param>
/// <param name="keptFree">Bytes of the disk that stay free.</param>
internal sealed class DiskAllowance(string directory, long bytes, string because, long keptFree)
{
    /// <summary>Between two looks at the disk; several writers at once overshoot by this much each.</summary>
    private const long BytesPerLook = 16 * 1024 * 1024;

    private long _taken;
    private long _nextLook;

    /// <summary>Before the bytes are written.</summary>
    /// <exception cref="IOException">They are too many.</exception>
    public void Take(int count)
    {
        _taken += count;
        if (_taken > bytes)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it would take more than {bytes} bytes, {because}"));
        }

        if (_taken >= _nextLook)
        {
            _nextLook = _taken + BytesPerLook;
            if (new DriveInfo(directory).AvailableFreeSpace is var free && free - count < keptFree)
            {
                throw new IOException(string.Create(
                    CultureInfo.InvariantCulture, $"the disk is full: {free} bytes are free, and {keptFree} must stay so"));
            }
        }
    }
}
