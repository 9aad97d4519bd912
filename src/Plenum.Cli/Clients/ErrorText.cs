using System.Text;
using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>Marathon's error bodies as lines for a person: the message, then each path with its errors.</summary>
internal static class ErrorText
{
    public static string Of(ApiAnswer answer, int maximumLength)
    {
        var text = new StringBuilder(Message(answer));
        if (answer.Body.Member("details") is { } details)
        {
            if (details.ValueKind is JsonValueKind.String)
            {
                text.Append(": ").Append(details.GetString());
            }
            foreach (var detail in details.Elements())
            {
                foreach (var error in detail.Items("errors"))
                {
                    text.Append("\n  ").Append(detail.Text("path")).Append(": ").Append(error.ToString());
                }
            }
        }
        return text.Length <= maximumLength ? text.ToString() : text.ToString(0, maximumLength) + " ...";
    }

    private static string Message(ApiAnswer answer)
    {
        if (answer.Body.ValueKind is JsonValueKind.String && answer.Body.GetString() is { Length: > 0 } plain)
        {
            return plain.Trim();
        }
        return answer.Body.Text("message") is { Length: > 0 } message
            ? message
            : $"the cluster answered {(int)answer.Status} {answer.Status}";
    }
}
