namespace Plenum.Marathon.Definitions;

internal enum NetworkMode
{
    Container,
    Bridge,
    Host,
}

internal sealed record Network(NetworkMode Mode)
{
    public static readonly Network Host = new(NetworkMode.Host);

    public string? Name { get; init; }

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;
}
