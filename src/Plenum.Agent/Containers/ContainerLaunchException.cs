namespace Plenum.Agent.Containers;

/// <summary>A container or a session did not start. The message is a sentence for the user and holds no secret.</summary>
internal sealed class ContainerLaunchException : Exception
{
    public ContainerLaunchException(string message, ContainerLaunchFailure failure = ContainerLaunchFailure.Launch)
        : base(message) => Failure = failure;

    public ContainerLaunchException(string message, ContainerLaunchFailure failure, Exception cause)
        : base(message, cause) => Failure = failure;

    public ContainerLaunchFailure Failure { get; }

    /// <summary>What had been made of the container could not be removed: whoever launched it destroys it.</summary>
    public bool IsLeft { get; init; }
}
