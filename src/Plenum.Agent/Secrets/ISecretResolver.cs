namespace Plenum.Agent.Secrets;

/// <summary>
/// Where the values of secrets come from that tasks only name. Asked once for each launch, so that a changed secret
/// reaches new tasks.
/// </summary>
internal interface ISecretResolver
{
    Task<SecretAnswer> ResolveAsync(SecretRequest request, CancellationToken cancellationToken);
}
