namespace Plenum.Agent.Tests.Containers;

/// <summary>The same as <see cref="RootFactAttribute"/> for a test with cases.</summary>
internal sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = new RootFactAttribute().Skip!;
}
