namespace Plenum.Agent.Containers;

/// <summary>The part of a launch that failed; chooses the wire's reason.</summary>
internal enum ContainerLaunchFailure
{
    Launch,
    Image,
    InvalidSpec,
}
