namespace Plenum.Agent.Volumes;

/// <summary>The directories that an image needs to become a tree of files: where it appears and what is written to it.</summary>
internal sealed record ImageRoom(string Root, string Upper, string Work)
{
    public static ImageRoom Below(string directory) =>
        new(Path.Join(directory, "root"), Path.Join(directory, "upper"), Path.Join(directory, "work"));

    public void Create()
    {
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Upper);
        Directory.CreateDirectory(Work);
    }
}
