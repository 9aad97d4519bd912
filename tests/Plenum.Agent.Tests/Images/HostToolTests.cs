using Plenum.Agent.Images;

namespace Plenum.Agent.Tests.Images;

public sealed class HostToolTests
{
    [Fact]
    public async Task A_program_that_the_machine_cannot_start_is_an_error_of_io_with_its_name()
    {
        var file = Path.GetTempFileName();
        try
        {
            // Not executable: the same refusal of the system as for the last process or descriptor.
            var refused = await Should.ThrowAsync<IOException>(() => HostTool.RunAsync(file, [], CancellationToken.None));
            refused.Message.ShouldContain(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
