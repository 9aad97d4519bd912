using Plenum.Marathon.Api.Selection;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Api.Apps;

/// <summary>The filters of the app list: all of them must hold.</summary>
internal sealed record AppFilter(string? Cmd, string? Id, LabelSelector? Labels)
{
    public static (AppFilter? Filter, ApiProblem? Problem) Read(ApiCall call)
    {
        LabelSelector? labels = null;
        if (call.Parameter("label") is { } text && !LabelSelector.TryParse(text, out labels, out var error))
        {
            return (null, new ApiProblem(422, error));
        }

        return (new AppFilter(call.Parameter("cmd"), call.Parameter("id"), labels), null);
    }

    public bool Matches(AppDefinition app) =>
        (Cmd is null || app.Cmd?.Contains(Cmd, StringComparison.OrdinalIgnoreCase) == true)
        && (Id is null || app.Id.Text.Contains(Id, StringComparison.Ordinal))
        && Labels?.Matches(app.Labels) != false;
}
