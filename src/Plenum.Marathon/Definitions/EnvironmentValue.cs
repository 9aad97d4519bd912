namespace Plenum.Marathon.Definitions;

/// <summary>The value of an environment variable: a text, or the name of an entry in the app's secrets.</summary>
internal abstract record EnvironmentValue
{
    private EnvironmentValue()
    {
    }

    public static EnvironmentValue Of(string text) => new Text(text);

    internal sealed record Text(string Value) : EnvironmentValue;

    internal sealed record Secret(string Name) : EnvironmentValue;
}
