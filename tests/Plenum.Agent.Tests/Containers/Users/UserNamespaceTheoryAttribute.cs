namespace Plenum.Agent.Tests.Containers.Users;

/// <summary>The same as <see cref="UserNamespaceFactAttribute"/> for cases.</summary>
internal sealed class UserNamespaceTheoryAttribute : TheoryAttribute
{
    public UserNamespaceTheoryAttribute() => Skip = UserNamespaceSupport.Missing(["skopeo"])!;
}
