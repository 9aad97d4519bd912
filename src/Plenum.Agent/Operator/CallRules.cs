using Plenum.Http.Access;
using Type = Plenum.Protocol.V1.Agent.Call.Types.Type;

namespace Plenum.Agent.Operator;

/// <summary>The rule of each call that comes through <c>/api/v1</c>.</summary>
internal static class CallRules
{
    /// <summary>Null for a type that is no call.</summary>
    public static AccessRule? Of(Type type) => type switch
    {
        Type.GetHealth or Type.GetVersion => Rules.Anyone,
        Type.GetFlags => Rules.ViewFlags,
        Type.GetMetrics => Rules.ViewMetrics,
        Type.GetLoggingLevel or Type.GetAgent => Rules.ViewState,
        Type.GetState or Type.GetFrameworks or Type.GetExecutors or Type.GetTasks or Type.GetOperations => Rules.ViewState,
        Type.SetLoggingLevel => Rules.SetLogLevel,
        Type.ListFiles or Type.ReadFile => Rules.ByPath,
        Type.GetContainers => Rules.ViewContainers,
        Type.LaunchContainer or Type.LaunchNestedContainer => Rules.LaunchContainer,
        Type.WaitContainer or Type.WaitNestedContainer => Rules.WaitContainer,
        Type.KillContainer or Type.KillNestedContainer => Rules.KillContainer,
        Type.RemoveContainer or Type.RemoveNestedContainer => Rules.RemoveContainer,
        Type.LaunchNestedContainerSession => Rules.LaunchSession,
        Type.AttachContainerInput => Rules.AttachInput,
        Type.AttachContainerOutput => Rules.AttachOutput,
        Type.GetResourceProviders => Rules.ViewResourceProviders,
        Type.AddResourceProviderConfig or Type.UpdateResourceProviderConfig or Type.RemoveResourceProviderConfig => Rules.ChangeResourceProviders,
        Type.MarkResourceProviderGone => Rules.MarkResourceProviderGone,
        Type.PruneImages => Rules.PruneImages,
        _ => null,
    };
}
