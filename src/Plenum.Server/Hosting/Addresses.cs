namespace Plenum.Server.Hosting;

/// <summary>The file from which ./plenum up tells a person where things are.</summary>
internal static class Addresses
{
    public static string Path(StateLayout state) => System.IO.Path.Combine(state.Run, "addresses");

    /// <param name="metronome">With the port that it took.</param>
    public static void Write(NodeOptions node, Uri metronome)
    {
        Directory.CreateDirectory(node.State.Run);
        var agents = string.Join(' ', Enumerable.Range(1, node.Agents).Select(node.Agent).Select(Plain));
        // Written beside and renamed: a reader never sees half of it.
        var beside = Path(node.State) + ".new";
        File.WriteAllText(beside, $"""
              Marathon API  {Plain(node.Marathon)}
              Metronome API {Plain(metronome)}
              Mesos API     {Plain(node.Master)}
              agents        {agents}
              logs          {System.IO.Path.Combine(node.State.Root, "logs")}
              try           ./plenum app add examples/web.json

            """);
        File.Move(beside, Path(node.State), overwrite: true);
    }

    public static string? Read(StateLayout state) => File.Exists(Path(state)) ? File.ReadAllText(Path(state)) : null;

    public static void Forget(StateLayout state)
    {
        if (File.Exists(Path(state)))
        {
            File.Delete(Path(state));
        }
    }

    private static string Plain(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
