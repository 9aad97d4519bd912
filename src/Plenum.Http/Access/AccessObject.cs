namespace Plenum.Http.Access;

/// <summary>What an action is done to. Whoever decides finds the thing itself in the request or the call.</summary>
public enum AccessObject
{
    /// <summary>The action has no object: whoever may do it may do it to all.</summary>
    Any,

    /// <summary>The path of the request, as Mesos' <c>get_endpoints</c> has it.</summary>
    Endpoint,

    /// <summary>A framework's roles.</summary>
    Role,

    /// <summary>The principal of a framework.</summary>
    FrameworkPrincipal,

    /// <summary>The user a framework, task or container runs as.</summary>
    User,

    /// <summary>Who made a reservation or a volume.</summary>
    CreatorPrincipal,

    /// <summary>A machine, by hostname and ip.</summary>
    Machine,

    /// <summary>A level of logging.</summary>
    LogLevel,
}
