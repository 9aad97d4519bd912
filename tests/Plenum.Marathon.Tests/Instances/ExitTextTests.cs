using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Tests.Instances;

public sealed class ExitTextTests
{
    [Theory]
    [InlineData("Command exited with status 0", 0)]
    [InlineData("Command exited with status 137", 137)]
    [InlineData("The executor ended: Command exited with status 1", 1)]
    [InlineData("Command terminated with signal Killed", null)]
    [InlineData("Command exited with status unknown", null)]
    [InlineData("Command exited with status -1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_exit_code_is_read_where_a_message_has_one(string? message, int? code) => ExitText.CodeOf(message).ShouldBe(code);
}
