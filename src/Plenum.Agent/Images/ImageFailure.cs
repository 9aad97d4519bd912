using Plenum.Agent.Containers;

namespace Plenum.Agent.Images;

/// <summary>Failures of images, as the launch failures that their users see.</summary>
internal static class ImageFailure
{
    public static ContainerLaunchException Of(string image, string reason, Exception? cause = null) => cause is null
        ? new ContainerLaunchException($"the image {image} {reason}", ContainerLaunchFailure.Image)
        : new ContainerLaunchException($"the image {image} {reason}", ContainerLaunchFailure.Image, cause);
}
