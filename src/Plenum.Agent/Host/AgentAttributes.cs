using System.Globalization;
using System.Text.RegularExpressions;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Host;

/// <summary>"rack:r1;size:4;zone:[1-3,7-9]": values are numbers, ranges or else text (mesos.md 6.1).</summary>
internal static partial class AgentAttributes
{
    /// <exception cref="AgentStartException">An entry has no name or no value.</exception>
    public static IReadOnlyList<Protocol.V1.Attribute> Parse(string? text)
    {
        var attributes = new List<Protocol.V1.Attribute>();
        foreach (var entry in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = entry.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon == entry.Length - 1)
            {
                throw new AgentStartException($"The agent attribute '{entry}' is not of the form name:value");
            }

            attributes.Add(Attribute(entry[..colon].Trim(), entry[(colon + 1)..].Trim()));
        }

        return attributes;
    }

    private static Protocol.V1.Attribute Attribute(string name, string value)
    {
        var attribute = new Protocol.V1.Attribute { Name = name };
        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            attribute.Type = Value.Types.Type.Scalar;
            attribute.Scalar = new Value.Types.Scalar { Value = number };
        }
        else if (Ranges().IsMatch(value))
        {
            attribute.Type = Value.Types.Type.Ranges;
            attribute.Ranges = new Value.Types.Ranges();
            foreach (Match match in Range().Matches(value))
            {
                attribute.Ranges.Range.Add(new Value.Types.Range
                {
                    Begin = ulong.Parse(match.Groups["begin"].Value, CultureInfo.InvariantCulture),
                    End = ulong.Parse(match.Groups["end"].Value, CultureInfo.InvariantCulture),
                });
            }
        }
        else
        {
            attribute.Type = Value.Types.Type.Text;
            attribute.Text = new Value.Types.Text { Value = value };
        }

        return attribute;
    }

    [GeneratedRegex(@"^\[\s*\d{1,18}\s*-\s*\d{1,18}\s*(,\s*\d{1,18}\s*-\s*\d{1,18}\s*)*\]$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Ranges();

    [GeneratedRegex(@"(?<begin>\d+)\s*-\s*(?<end>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Range();
}
