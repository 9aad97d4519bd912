namespace Plenum.Agent.Images;

/// <summary>What an image says about running it. Its user is not honoured, as in Mesos.</summary>
/// <param name="EntryPoint">Program and first arguments.</param>
/// <param name="Command">Default arguments, or the program where there is no entry point.</param>
/// <param name="Environment">NAME=value lines.</param>
/// <param name="WorkingDirectory">Null when the image has none.</param>
internal sealed record ImageConfig(
    IReadOnlyList<string> EntryPoint,
    IReadOnlyList<string> Command,
    IReadOnlyList<string> Environment,
    string? WorkingDirectory);
