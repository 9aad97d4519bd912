namespace Plenum.Marathon.Deployments;

/// <summary>What a person may say to a deployment under way, beside taking it back.</summary>
internal enum DeploymentOrder
{
    /// <summary>No next step, and where instances are replaced, no more of them than now.</summary>
    Pause,
    Resume,

    /// <summary>The canaries of the step are good: on to the next step, or to the rest.</summary>
    Promote,

    /// <summary>On to the rest, whatever steps are left.</summary>
    PromoteAll,
}
