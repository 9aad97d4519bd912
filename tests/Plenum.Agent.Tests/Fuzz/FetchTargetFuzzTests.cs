using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Fetching;
using Plenum.Protocol.V1;
using Plenum.Tests.Fuzz;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fuzz;

/// <summary>Damaged URIs of a task: each is fetched into the sandbox or refused with a sentence, and nothing lands outside.</summary>
public sealed class FetchTargetFuzzTests
{
    private static readonly string[] Uris =
    [
        "http://127.0.0.1:1/a/b.tgz?x=y#z", "https://user:secret@127.0.0.1:1/x.zip", "file:///etc/hostname", "/etc/hostname", "/etc", "file:///etc/../etc/hostname",
        "http://[::1]:1/x", "ftp://127.0.0.1:1/x", "hdfs://x/y", "docker://busybox", "x", "http://127.0.0.1:1/%2e%2e%2fescape", "file:///etc/host%6eame",
    ];

    [Fact]
    public async Task Any_URI_is_fetched_or_refused_with_a_reason()
    {
        var root = Directory.CreateTempSubdirectory("plenum-fetch-fuzz-");
        try
        {
            var sandbox = root.CreateSubdirectory("sandbox").FullName;
            await using var fetcher = new Fetcher(
                new FetcherOptions { CacheDirectory = Path.Join(root.FullName, "cache") }, TimeProvider.System, NullLoggerFactory.Instance);
            foreach (var fuzz in Damage.Cases(1_500))
            {
                var uri = new CommandInfo.Types.URI
                {
                    Value = Damaged(fuzz, fuzz.Pick(Uris)), Cache = fuzz.Chance(0.3), Executable = fuzz.Chance(0.2), Extract = fuzz.Chance(0.7),
                };
                if (fuzz.Chance(0.4))
                {
                    uri.OutputFile = Damaged(fuzz, fuzz.Chance(0.5) ? "dir/name" : fuzz.Text());
                }

                try
                {
                    await fetcher.FetchAsync([uri], sandbox, user: null, quota: null, CancellationToken.None);
                }
                catch (FetchException refusal)
                {
                    refusal.Message.ShouldNotBeNullOrWhiteSpace();
                    if (uri.Value.Split("user:secret@") is [var before, _] && !before.Contains('@', StringComparison.Ordinal) && before.Count(c => c == '/') <= 2)
                    {
                        refusal.Message.ShouldNotContain("user:secret");
                    }
                }
                catch (Exception bug)
                {
                    throw new InvalidOperationException($"seed {fuzz.Seed}: {uri}", bug);
                }
            }

            root.EnumerateFileSystemInfos().Select(entry => entry.Name).ShouldBeSubsetOf(["sandbox", "cache"]);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static string Damaged(Damage fuzz, string text) =>
        fuzz.Chance(0.6) ? Encoding.Latin1.GetString(fuzz.Bytes(Encoding.Latin1.GetBytes(text))) : text;
}
