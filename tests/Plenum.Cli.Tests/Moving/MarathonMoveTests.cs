using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Moving;

/// <summary>Moves between two servers of the product, over their public API.</summary>
public sealed class MarathonMoveTests : IAsyncLifetime
{
    private RealMarathon _source = null!;
    private RealMarathon _target = null!;

    public async Task InitializeAsync()
    {
        _source = await RealMarathon.StartAsync();
        _target = await RealMarathon.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _source.DisposeAsync();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task Everything_is_recreated_once_and_a_second_run_changes_nothing()
    {
        await FillAsync();

        var first = await ImportAsync("--yes");
        first.ExitCode.ShouldBe(0, first.Error + first.Output);
        first.Output.ShouldContain("7 new, 0 changed, 0 the same, 0 only here\n");
        first.Output.ShouldContain("its persistent volumes start empty here");
        first.Output.ShouldContain("its secrets do not move: /db/password");
        first.Output.ShouldEndWith("7 definitions moved, 0 refused, 0 not in time\n");

        (await _target.AppIdsAsync()).ShouldBe(await _source.AppIdsAsync(), ignoreOrder: true);
        (await _target.GetAsync("/v2/pods"))[0].GetProperty("id").GetString().ShouldBe("/shop/pod");
        var group = await _target.GetAsync("/v2/groups/shop");
        group.GetProperty("enforceRole").GetBoolean().ShouldBeTrue();
        group.GetProperty("dependencies")[0].GetString().ShouldBe("/base");
        var web = (await _target.GetAsync("/v2/apps/shop/web")).GetProperty("app");
        web.GetProperty("portDefinitions")[0].GetProperty("port").GetInt32()
            .ShouldBe((await _source.GetAsync("/v2/apps/shop/web")).GetProperty("app").GetProperty("portDefinitions")[0].GetProperty("port").GetInt32());
        web.GetProperty("instances").GetInt32().ShouldBe(2);

        // Nobody has to be asked where nothing is to be done.
        var versions = (await _target.GetAsync("/v2/groups")).GetProperty("version").GetString();
        var second = await ImportAsync();
        second.ShouldBe(new CliRun(0, "0 new, 0 changed, 7 the same, 0 only here\n", ""));
        (await _target.GetAsync("/v2/groups")).GetProperty("version").GetString().ShouldBe(versions);
    }

    [Fact]
    public async Task A_dry_run_tells_what_is_new_what_differs_and_what_is_only_here_and_changes_nothing()
    {
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/a","cmd":"sleep 9","instances":0,"env":{"A":"1"},"mem":64}""");
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/new","cmd":"sleep 9","instances":0}""");
        await _target.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/a","cmd":"sleep 9","instances":0,"env":{"A":""},"mem":32}""");
        await _target.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/mine","cmd":"sleep 9","instances":0}""");
        var before = (await _target.GetAsync("/v2/groups")).GetProperty("version").GetString();

        var run = await ImportAsync("--dry-run", "--json");

        run.ExitCode.ShouldBe(0);
        using var json = JsonDocument.Parse(run.Output);
        json.RootElement.GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("id").GetString()!, item => item.GetProperty("state").GetString())
            .ShouldBe(new Dictionary<string, string?> { ["/a"] = "changed", ["/new"] = "new", ["/mine"] = "only here" }, ignoreOrder: true);
        json.RootElement.GetProperty("items")[0].GetProperty("fields").EnumerateArray().Select(field => field.GetString())
            .ShouldBe(["/mem", "/env/A"], ignoreOrder: true);
        (await _target.GetAsync("/v2/groups")).GetProperty("version").GetString().ShouldBe(before);

        (await ImportAsync("--yes")).ExitCode.ShouldBe(0);
        (await _target.GetAsync("/v2/apps/a")).GetProperty("app").GetProperty("mem").GetDouble().ShouldBe(64);
        (await ImportAsync("--dry-run")).Output.ShouldEndWith("0 new, 0 changed, 2 the same, 1 only here\n");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task After_a_death_in_the_middle_the_next_run_does_the_rest(int changes)
    {
        await FillAsync();
        await using var door = await Doorman.StartAsync(_target.Address, changes);

        var dead = await _target.RunAsync(door.Address, ["import", "marathon", _source.Address.ToString(), "--yes"]);
        dead.ExitCode.ShouldBe(ExitCodes.Unreachable, dead.Error);

        var rest = await ImportAsync("--yes");
        rest.ExitCode.ShouldBe(0, rest.Error);
        rest.Output.ShouldContain(" 0 refused");
        (await ImportAsync("--dry-run")).Output.ShouldBe("0 new, 0 changed, 7 the same, 0 only here\n");
    }

    [Fact]
    public async Task What_the_server_refuses_is_told_in_its_words_and_the_rest_moves()
    {
        var file = """
            {"apps":[{"id":"/good","cmd":"sleep 9","instances":0},
                     {"id":"/bad","cmd":"sleep 9","instances":0,"upgradeStrategy":{"minimumHealthCapacity":7}},
                     {"id":"/other","cmd":"sleep 9","instances":0}]}
            """;

        var run = await FromTextAsync(file, "--yes");

        run.ExitCode.ShouldBe(ExitCodes.Refused);
        run.Error.ShouldContain("plenum: app /bad was refused: ");
        run.Error.ShouldContain("/upgradeStrategy/minimumHealthCapacity: ");
        run.Output.ShouldEndWith("2 definitions moved, 1 refused, 0 not in time\n");
        (await _target.AppIdsAsync()).ShouldBe(["/good", "/other"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_app_that_a_deployment_holds_is_sent_again_when_that_one_ends()
    {
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/held","cmd":"sleep 10","instances":0}""");
        await _target.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/held","cmd":"sleep 9","instances":1}""");
        var holder = (await _target.GetAsync("/v2/deployments"))[0].GetProperty("id").GetString();
        var refusals = 0;
        await using var door = await Doorman.StartAsync(_target.Address, refused: async () =>
        {
            // The import was told to wait: now its reason goes.
            if (Interlocked.Increment(ref refusals) == 1)
            {
                await _target.SendAsync(HttpMethod.Delete, $"/v2/deployments/{holder}?force=true");
            }
        });

        var run = await _target.RunAsync(door.Address, ["import", "marathon", _source.Address.ToString(), "--yes"]);

        run.ExitCode.ShouldBe(0, run.Error);
        refusals.ShouldBe(1);
        (await _target.GetAsync("/v2/apps/held")).GetProperty("app").GetProperty("cmd").GetString().ShouldBe("sleep 10");
    }

    [Fact]
    public async Task A_deployment_that_does_not_end_is_waited_for_no_longer_than_was_said()
    {
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/held","cmd":"sleep 10","instances":0}""");
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/free","cmd":"sleep 10","instances":0}""");
        await _target.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/held","cmd":"sleep 9","instances":1}""");

        var run = await ImportAsync("--yes", "--timeout", "0");

        run.ExitCode.ShouldBe(ExitCodes.Conflict);
        run.Error.ShouldContain("app /held had to wait too long: App is locked by one or more deployments.");
        (await _target.AppIdsAsync()).ShouldContain("/free");
    }

    [Fact]
    public async Task A_cluster_with_too_many_deployments_is_given_time()
    {
        await using var small = await RealMarathon.StartAsync(maxRunningDeployments: 1);
        await small.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/busy","cmd":"sleep 9","instances":1}""");
        var running = (await small.GetAsync("/v2/deployments"))[0].GetProperty("id").GetString();
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/next","cmd":"sleep 9","instances":1}""");
        var refusals = 0;
        await using var door = await Doorman.StartAsync(small.Address, refused: async () =>
        {
            if (Interlocked.Increment(ref refusals) == 1)
            {
                await small.SendAsync(HttpMethod.Delete, $"/v2/deployments/{running}?force=true");
            }
        });

        var run = await small.RunAsync(door.Address, ["import", "marathon", _source.Address.ToString(), "--yes"]);

        run.ExitCode.ShouldBe(0, run.Error);
        refusals.ShouldBe(1);
        (await small.AppIdsAsync()).ShouldBe(["/busy", "/next"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_cautious_move_starts_nothing_and_does_not_take_back_what_was_started_since()
    {
        await FillAsync();
        (await ImportAsync("--yes", "--scale-zero")).ExitCode.ShouldBe(0);
        foreach (var app in (await _target.GetAsync("/v2/apps")).GetProperty("apps").EnumerateArray())
        {
            app.GetProperty("instances").GetInt32().ShouldBe(0);
        }
        (await _target.GetAsync("/v2/pods"))[0].GetProperty("scaling").GetProperty("instances").GetInt32().ShouldBe(0);

        await _target.SendAsync(HttpMethod.Put, "/v2/apps/base/db", """{"instances":1}""");
        (await ImportAsync("--dry-run", "--scale-zero")).Output.ShouldBe("0 new, 0 changed, 7 the same, 0 only here\n");
        (await ImportAsync("--dry-run")).Output.ShouldContain("/instances");
    }

    [Fact]
    public async Task A_prefix_moves_its_part_only()
    {
        await FillAsync();
        (await ImportAsync("--yes", "--prefix", "shop/")).ExitCode.ShouldBe(0);
        (await _target.AppIdsAsync()).ShouldBe(["/shop/web", "/shop/front"], ignoreOrder: true);
        (await ImportAsync("--dry-run", "--prefix", "/sho")).Output.ShouldBe("0 new, 0 changed, 0 the same, 0 only here\n");
    }

    [Fact]
    public async Task Without_a_word_nothing_is_changed_unless_a_person_says_yes()
    {
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/a","cmd":"sleep 9","instances":0}""");
        var pipe = await ImportAsync();
        pipe.ExitCode.ShouldBe(ExitCodes.Usage);
        pipe.Error.ShouldContain("nothing was changed");

        _target.Terminal.IsTerminal = true;
        _target.Input = new MemoryStream("n\n"u8.ToArray());
        (await ImportAsync()).Error.ShouldContain("nothing was changed");
        (await _target.AppIdsAsync()).ShouldBeEmpty();

        _target.Input = new MemoryStream("yes\n"u8.ToArray());
        (await ImportAsync()).ExitCode.ShouldBe(0);
        (await _target.AppIdsAsync()).ShouldBe(["/a"]);
    }

    [Theory]
    [InlineData("all.json")]
    [InlineData("tree")]
    public async Task An_export_is_read_back_as_what_it_was(string name)
    {
        await FillAsync();
        var folder = Directory.CreateTempSubdirectory("plenum-export-");
        try
        {
            var output = Path.Combine(folder.FullName, name);
            var written = await _source.RunAsync("export", "marathon", "--output", output);
            written.ShouldBe(new CliRun(0, $"4 apps and 1 pod are in {output}\n", ""));
            (await _source.RunAsync("import", "marathon", output)).ShouldBe(new CliRun(0, "0 new, 0 changed, 7 the same, 0 only here\n", ""));

            (await _target.RunAsync("import", "marathon", output, "--yes")).ExitCode.ShouldBe(0);
            (await ImportAsync()).ShouldBe(new CliRun(0, "0 new, 0 changed, 7 the same, 0 only here\n", ""));
            if (name == "tree")
            {
                (await _source.RunAsync("export", "marathon", "--output", output)).Error.ShouldContain("is not empty");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_answer_of_v2_groups_saved_with_curl_is_read_as_well()
    {
        await FillAsync();
        var run = await FromTextAsync((await _source.GetAsync("/v2/groups")).GetRawText(), "--yes");
        run.ExitCode.ShouldBe(0, run.Error);
        (await ImportAsync()).Output.ShouldBe("0 new, 0 changed, 7 the same, 0 only here\n");

        // The answer has the role that was given by default, too.
        var again = await FromTextAsync((await _source.GetAsync("/v2/groups")).GetRawText(), "--yes");
        again.Output.ShouldContain("0 new, 0 changed, ");
    }

    [Fact]
    public async Task Passwords_and_tokens_come_from_files_and_the_environment_and_show_nowhere()
    {
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/a","cmd":"sleep 9","instances":0}""");
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ann:s3cret"));
        await using var door = await Doorman.StartAsync(
            _source.Address, admits: request => request.Headers.Authorization.ToString() is var given && (given == basic || given == "token=t0ken"));
        string[] words = ["import", "marathon", door.Address.ToString(), "--dry-run"];

        (await _target.RunAsync(words)).ExitCode.ShouldBe(ExitCodes.Refused);
        (await _target.RunAsync(_target.Address, [.. words, "--user", "ann"], Variable("PLENUM_IMPORT_PASSWORD", "s3cret"))).ExitCode.ShouldBe(0);
        (await _target.RunAsync(_target.Address, words, Variable("PLENUM_IMPORT_TOKEN", "t0ken"))).ExitCode.ShouldBe(0);
        var wrong = await _target.RunAsync(_target.Address, [.. words, "--user", "ann"], Variable("PLENUM_IMPORT_PASSWORD", "wr0ng"));
        wrong.ExitCode.ShouldBe(ExitCodes.Refused);
        (wrong.Output + wrong.Error).ShouldNotContain("wr0ng");
        var inAddress = await _target.RunAsync("import", "marathon", "http://ann:s3cret@127.0.0.1:1", "--dry-run");
        inAddress.ExitCode.ShouldBe(ExitCodes.Usage);
        (inAddress.Output + inAddress.Error).ShouldNotContain("s3cret");

        static Dictionary<string, string> Variable(string name, string value) => new() { [name] = value };
    }

    [Fact]
    public async Task A_source_with_TLS_is_believed_by_its_authority_only()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        // Wide enough for any clock: what is tested is whom the program believes, not when.
        using var certificate = request.CreateSelfSigned(
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var door = await Doorman.StartAsync(
            _source.Address, listen: options => options.UseHttps(certificate));
        var folder = Directory.CreateTempSubdirectory("plenum-ca-");
        try
        {
            var authority = Path.Combine(folder.FullName, "ca.pem");
            await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
            string[] words = ["import", "marathon", door.Address.ToString(), "--dry-run"];
            (await _target.RunAsync(words)).ExitCode.ShouldBe(ExitCodes.Unreachable);
            var run = await _target.RunAsync([.. words, "--ca", authority]);
            run.ExitCode.ShouldBe(0, run.Error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Task<CliRun> ImportAsync(params string[] words) =>
        _target.RunAsync(["import", "marathon", _source.Address.ToString(), .. words]);

    private Task<CliRun> FromTextAsync(string text, params string[] words)
    {
        _target.Input = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return _target.RunAsync(["import", "marathon", "-", .. words]);
    }

    /// <summary>A group with a role and a dependency, an empty one, three kinds of services that name each other.</summary>
    private async Task FillAsync()
    {
        await _source.SendAsync(HttpMethod.Put, "/v2/groups/empty", """{"id":"/empty"}""");
        await _source.SendAsync(HttpMethod.Put, "/v2/groups/shop", """{"id":"/shop","dependencies":["/base"]}""");
        await _source.SendAsync(HttpMethod.Patch, "/v2/groups/shop", """{"enforceRole":true}""");
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """
            {"id":"/base/db","cmd":"exec db","instances":1,"container":{"type":"MESOS","volumes":[{"containerPath":"data","mode":"RW","persistent":{"size":10}}]}}
            """);
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """
            {"id":"/shop/web","cmd":"exec web","instances":2,"role":"shop","env":{"PASSWORD":{"secret":"db"}},"secrets":{"db":{"source":"/db/password"}},
             "healthChecks":[{"protocol":"MESOS_HTTP","path":"/"}],"uris":["http://example.com/a.tgz"],"ports":[0]}
            """);
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """
            {"id":"/shop/front","instances":1,"role":"shop","dependencies":["/shop/web"],
             "container":{"type":"DOCKER","docker":{"image":"busybox","network":"BRIDGE","portMappings":[{"containerPort":80}]}}}
            """);
        await _source.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/alone","cmd":"sleep 9","instances":0,"labels":{"owner":"ann"}}""");
        await _source.SendAsync(HttpMethod.Post, "/v2/pods", """
            {"id":"/shop/pod","role":"shop","scaling":{"kind":"fixed","instances":1},"containers":[{"name":"c","exec":{"command":{"shell":"sleep 9"}},"resources":{"cpus":0.1,"mem":32}}]}
            """);
    }
}
