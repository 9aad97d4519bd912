using System.Diagnostics;
using System.Globalization;
using Plenum.Agent.Secrets;
using Plenum.Agent.Tests.Server;

namespace Plenum.Agent.Tests.Secrets;

public sealed class BundleSecretsTests
{
    [Fact]
    public async Task A_process_that_is_not_yet_the_containers_program_is_waited_for()
    {
        // The shell forks, as a container runtime does; what it forked becomes a program when a line is typed.
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "exec 3<&0; (read line <&3; export PASSWORD=hush; exec sleep 1000) & echo $!; wait" },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var pid = int.Parse((await shell.StandardOutput.ReadLineAsync(Patience.Token()))!, CultureInfo.InvariantCulture);

            var reading = BundleSecrets.ReadAsync(pid, ["PASSWORD"], TimeProvider.System, Patience.Token());
            await shell.StandardInput.WriteLineAsync("go");

            (await reading).ShouldBe([KeyValuePair.Create("PASSWORD", "hush")]);
        }
        finally
        {
            shell.Kill(entireProcessTree: true);
            await shell.WaitForExitAsync(Patience.Token());
        }
    }

    [Fact]
    public async Task A_process_that_has_ended_has_none()
    {
        using var process = Process.Start("/bin/true");
        await process.WaitForExitAsync(Patience.Token());

        (await BundleSecrets.ReadAsync(process.Id, ["PASSWORD"], TimeProvider.System, Patience.Token())).ShouldBeEmpty();
    }
}
