namespace Plenum.Tests.Shared;

/// <summary>One message as it came: request line and header lines, and the body without its chunks.</summary>
internal sealed record LibprocessMail(string[] Head, byte[] Body)
{
    /// <summary>Full name of the type, the last part of the path.</summary>
    public string Name => Head[0].Split(' ')[1].Split('/')[^1];
}
