using Plenum.Protocol.V1;

namespace Plenum.Kernel.Operations;

internal static class OperationStates
{
    public static bool IsTerminal(OperationState state) => state is OperationState.OperationFinished
        or OperationState.OperationFailed
        or OperationState.OperationError
        or OperationState.OperationDropped
        or OperationState.OperationGoneByOperator;
}
