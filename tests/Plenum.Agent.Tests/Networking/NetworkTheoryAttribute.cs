namespace Plenum.Agent.Tests.Networking;

/// <summary>The same as <see cref="NetworkFactAttribute"/> for a test with cases.</summary>
internal sealed class NetworkTheoryAttribute : TheoryAttribute
{
    public NetworkTheoryAttribute() => Skip = NetworkFactAttribute.Missing()!;
}
