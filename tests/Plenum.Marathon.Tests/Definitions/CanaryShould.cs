using System.Text;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class CanaryShould
{
    [Theory]
    [InlineData("""{"instances": 2}""", """{"instances":2,"autoPromote":false}""")]
    [InlineData("""{"instances": 2, "autoPromote": true}""", """{"instances":2,"autoPromote":true,"pauseSeconds":0}""")]
    [InlineData("""{"steps": [{"instances": 1, "autoPromote": true, "pauseSeconds": 60}, {"instances": 5}]}""", """{"steps":[{"instances":1,"autoPromote":true,"pauseSeconds":60},{"instances":5,"autoPromote":false}]}""")]
    public void Come_back_as_it_was_said(string said, string shown)
    {
        var app = Define.App($$"""{"id": "/a", "cmd": "x", "upgradeStrategy": {"canary": {{said}} } }""");
        Encoding.UTF8.GetString(AppWriter.ToJson(app)).ShouldContain($"\"canary\":{shown}");
    }

    [Fact]
    public void Not_be_shown_to_who_did_not_ask_for_it() =>
        Encoding.UTF8.GetString(AppWriter.ToJson(Define.App("""{"id": "/a", "cmd": "x"}"""))).ShouldNotContain("canary");

    [Theory]
    [InlineData("""{}""", "error.path.missing")]
    [InlineData("""{"instances": 0}""", "greater than or equal to 1")]
    [InlineData("""{"instances": 1, "pauseSeconds": 5}""", "without autoPromote")]
    [InlineData("""{"instances": 1, "steps": []}""", "not both")]
    [InlineData("""{"steps": [{"instances": 2}, {"instances": 2}]}""", "more instances than the one before")]
    [InlineData("3", "error.expected.jsobject")]
    public void Be_refused_with_the_reason(string said, string reason) =>
        Define.Complaints($$"""{"id": "/a", "cmd": "x", "upgradeStrategy": {"canary": {{said}} } }""").Values.ShouldContain(complaint => complaint.Contains(reason));
}
