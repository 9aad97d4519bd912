namespace Plenum.Kernel.Operators;

/// <summary>What a refusal is to HTTP: 400, 404, 409 and 501.</summary>
public enum OperatorRefusalKind
{
    /// <summary>The request contradicts itself or the state it names.</summary>
    Invalid,

    NotFound,

    /// <summary>Right in itself, and the cluster has no room for it now.</summary>
    Conflict,

    NotSupported,
}
