namespace Plenum.Master.Routing;

/// <summary>Names of the authorisation rules, after what they let a caller do.</summary>
internal static class Rules
{
    /// <summary>For what monitors ask before they have a password.</summary>
    public const string Anyone = "anyone";

    public const string RegisterFramework = "register_framework";
    public const string RegisterAgent = "register_agent";
    public const string Operate = "operate";
    public const string ViewState = "view_state";
    public const string ViewFlags = "view_flags";
    public const string ViewMetrics = "view_metrics";
    public const string TeardownFramework = "teardown_framework";
    public const string ChangeReservations = "change_reservations";
    public const string ChangeMaintenance = "change_maintenance";
    public const string ChangeQuota = "change_quota";
    public const string ReadFiles = "read_files";
}
