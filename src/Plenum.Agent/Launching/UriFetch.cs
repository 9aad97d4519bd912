using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>Brings a command's URIs into its sandbox, or fails with a <see cref="Fetching.FetchException"/>.</summary>
internal delegate System.Threading.Tasks.Task UriFetch(
    IReadOnlyList<CommandInfo.Types.URI> uris,
    string sandbox,
    string? user,
    CancellationToken cancellationToken);
