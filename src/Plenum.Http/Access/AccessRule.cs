namespace Plenum.Http.Access;

/// <summary>One line of the table of who may do what: an action, in the words of Mesos' ACLs where it has some, and its object.</summary>
public sealed record AccessRule(string Action, AccessObject Object = AccessObject.Any)
{
    public override string ToString() => Action;
}
