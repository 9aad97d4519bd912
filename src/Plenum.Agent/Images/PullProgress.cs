namespace Plenum.Agent.Images;

/// <summary>Where a pull is, as a part of a sentence for whoever waits for it.</summary>
internal sealed class PullProgress
{
    private const string BlobLine = "Copying blob ";

    private volatile string _place = "asking the registry for it";

    public string Place => _place;

    /// <summary>A line of skopeo's: it names each layer when it begins with it.</summary>
    public void Read(string line)
    {
        if (line.StartsWith(BlobLine, StringComparison.Ordinal))
        {
            _place = $"bringing the layer {line[BlobLine.Length..].Split(' ')[0]}";
        }
    }

    public void Unpacking(string digest) => _place = $"unpacking the layer {digest}";
}
