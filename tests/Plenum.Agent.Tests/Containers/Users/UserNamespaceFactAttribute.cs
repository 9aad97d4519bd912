namespace Plenum.Agent.Tests.Containers.Users;

/// <summary>A test that needs real containers with user ids of their own.</summary>
internal sealed class UserNamespaceFactAttribute : FactAttribute
{
    public UserNamespaceFactAttribute(params string[] programs) => Skip = UserNamespaceSupport.Missing(programs)!;
}
