using System.Globalization;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>Agent attributes in the text form that constraints compare.</summary>
internal static class AttributeText
{
    public static string Of(Protocol.V1.Attribute attribute) => attribute.Type switch
    {
        Value.Types.Type.Text => attribute.Text?.Value ?? "",
        Value.Types.Type.Scalar => OfScalar(attribute.Scalar?.Value ?? 0),
        Value.Types.Type.Ranges => OfRanges(attribute.Ranges),
        Value.Types.Type.Set =>
            $"{{{string.Join(',', (attribute.Set?.Item ?? []).Order(StringComparer.Ordinal))}}}",
        _ => "",
    };

    /// <summary>At most three decimals, half to even: scalars mean no more than milli-units.</summary>
    public static string OfScalar(double value) =>
        Math.Round((decimal)value, 3, MidpointRounding.ToEven).ToString("0.###", CultureInfo.InvariantCulture);

    private static string OfRanges(Value.Types.Ranges? ranges) =>
        $"[{string.Join(',', (ranges?.Range ?? []).OrderBy(range => range.Begin).Select(range => $"{range.Begin}-{range.End}"))}]";
}
