namespace Plenum.Marathon.Definitions;

internal sealed record FetchArtifact(string Uri)
{
    public bool Extract { get; init; } = true;

    public bool Executable { get; init; }

    public bool Cache { get; init; }

    public string? DestPath { get; init; }
}
