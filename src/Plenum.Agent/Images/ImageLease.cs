namespace Plenum.Agent.Images;

/// <summary>An image that stays on this machine until the lease is given back.</summary>
internal sealed class ImageLease(ProvisionedImage image, IDisposable pin) : IDisposable
{
    public ProvisionedImage Image { get; } = image;

    public void Dispose() => pin.Dispose();
}
