using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Tests.Instances;

public sealed class InstanceIdTests
{
    [Theory]
    [InlineData("/web")]
    [InlineData("/prod/web.v2/api-1")]
    [InlineData("/odd.instance-name/x")] // a segment may look like the marker
    public void A_task_id_leads_back_to_its_instance_and_app(string path)
    {
        var id = InstanceId.Create(PathId.Parse(path), Guid.Parse("0664256e-6771-11e5-94e1-be5b2935a987"));
        InstanceId.TryParseTask(id.TaskIdOf(12), out var parsed, out var incarnation).ShouldBeTrue();
        parsed.ShouldBe(id);
        incarnation.ShouldBe(12);
        InstanceId.TryParse(id.Value, out var safePath).ShouldBeTrue();
        PathId.FromSafePath(safePath).Text.ShouldBe(path);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("instance-7")] // a container may have a name like the marker
    [InlineData("3")]
    public void The_task_of_a_container_leads_back_to_it(string container)
    {
        var id = InstanceId.Create(PathId.Parse("/prod/odd.instance-name"), Guid.Parse("0664256e-6771-11e5-94e1-be5b2935a987"));

        InstanceId.TryParseTask(id.TaskIdOf(container, 3), out var parsed, out var name, out var incarnation).ShouldBeTrue();

        (parsed, name, incarnation).ShouldBe((id, container, 3));
        InstanceId.TryParseTask(id.Value, out parsed, out name, out incarnation).ShouldBeTrue();
        (parsed, name, incarnation).ShouldBe((id, null, 0));
        id.ExecutorIdOf(1).ShouldBe("instance-prod_odd.instance-name.0664256e-6771-11e5-94e1-be5b2935a987");
    }

    [Theory]
    [InlineData("")]
    [InlineData("web")]
    [InlineData(".instance-1")]
    [InlineData("web.instance-")]
    [InlineData("web.instance-1.2")]
    [InlineData("web.instance-1._app.0")]
    [InlineData("web.instance-1._app.-1")]
    [InlineData("web.instance-1._app.x")]
    public void What_is_not_a_task_id_is_told_so(string text) =>
        InstanceId.TryParseTask(text, out _, out _).ShouldBeFalse();
}
