namespace Plenum.Agent.Secrets;

/// <summary>A secret's value, or the reason why there is none.</summary>
internal abstract record SecretAnswer
{
    private SecretAnswer()
    {
    }

    /// <summary>Never printed: ToString says nothing of it.</summary>
    internal sealed record Found(byte[] Value) : SecretAnswer
    {
        public override string ToString() => nameof(Found);
    }

    /// <param name="Reason">Goes on after "The secret 'NAME' " and is shown to the task's owner.</param>
    internal sealed record Missing(string Reason) : SecretAnswer;
}
