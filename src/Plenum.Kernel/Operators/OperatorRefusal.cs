namespace Plenum.Kernel.Operators;

/// <summary>Why a change was refused, in words for the operator.</summary>
public sealed record OperatorRefusal(OperatorRefusalKind Kind, string Reason)
{
    public static OperatorRefusal Invalid(string reason) => new(OperatorRefusalKind.Invalid, reason);

    public static OperatorRefusal NotFound(string reason) => new(OperatorRefusalKind.NotFound, reason);

    public static OperatorRefusal Conflict(string reason) => new(OperatorRefusalKind.Conflict, reason);

    public static OperatorRefusal NotSupported(string reason) => new(OperatorRefusalKind.NotSupported, reason);
}
