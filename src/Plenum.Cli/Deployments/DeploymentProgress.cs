namespace Plenum.Cli.Deployments;

/// <summary>How far a deployment is.</summary>
/// <param name="Text">Step, action and counts.</param>
/// <param name="HeldBack">What keeps instances from starting, or null.</param>
/// <param name="Countdown">What changes with every second: worth showing only where a line can be rewritten.</param>
internal sealed record DeploymentProgress(string Text, string? HeldBack = null, string? Countdown = null)
{
    public override string ToString() => HeldBack is null ? Text : $"{Text}; {HeldBack}";
}
