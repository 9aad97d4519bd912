using System.Text;
using Plenum.Cli.Tests.Harness;
using Plenum.Tests.Fuzz;

namespace Plenum.Cli.Tests.Fuzz;

/// <summary>Damaged definition files: each is sent to the cluster or refused with a sentence, never with a stack trace.</summary>
public sealed class DefinitionFuzzTests : CliTest
{
    private static readonly string[] Definitions =
    [
        """{"id":"/web","cmd":"sleep 9","instances":2,"env":{"A":"b"},"container":{"type":"DOCKER","docker":{"image":"busybox"}}}""",
        """{"id":"/shop","apps":[{"id":"cart","cmd":"sleep 9"}],"groups":[]}""",
        """{"id":"/pod","containers":[{"name":"c","resources":{"cpus":1}}]}""",
    ];

    [Fact]
    public async Task Any_file_is_sent_or_refused_with_a_reason()
    {
        Cluster.Answer("POST", "/marathon/v2/apps", """{"id":"/web","deployments":[{"id":"d1"}]}""");
        Cluster.Answer("POST", "/marathon/v2/groups", """{"version":"v","deploymentId":"d1"}""");
        Cluster.Refuse("POST", "/marathon/v2/pods", 501, """{"message":"no pods yet"}""");
        var sent = 0;
        foreach (var fuzz in Damage.Cases(1_000))
        {
            var whole = Encoding.UTF8.GetBytes(fuzz.Pick(Definitions));
            var damaged = fuzz.Chance(0.6) ? fuzz.Json(whole) : fuzz.Bytes(whole);
            Cluster.Input = new MemoryStream(damaged);

            var run = await Cluster.RunAsync("app", "add", "--no-wait", "-");

            var what = $"seed {fuzz.Seed}: {Encoding.UTF8.GetString(damaged)}\n{run.Error}";
            run.ExitCode.ShouldBeInRange(0, 9, what);
            run.Error.ShouldNotContain("   at ", Case.Sensitive, what);
            run.Error.ShouldNotContain("Exception", Case.Sensitive, what);
            (run.ExitCode == 0 || run.Error.Length > 0).ShouldBeTrue(what);
            sent += run.ExitCode == 0 ? 1 : 0;
        }

        sent.ShouldBeGreaterThan(50, "enough definitions passed the door");
    }
}
