using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Tests.Containers.Oci;

public sealed class NamedSeccompProfileTests
{
    private static readonly Version Kernel = new(5, 10, 3);

    [Fact]
    public void Rules_count_by_the_containers_capabilities_the_processor_and_the_kernel()
    {
        var translated = Translate(
            """
            {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
              "archMap": [
                {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
                {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}
              ],
              "syscalls": [
                {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "args": null, "comment": "", "includes": {}, "excludes": {}},
                {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
                {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
                {"names": ["kill"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
                {"names": ["tkill"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_CHROOT"]}},
                {"names": ["arm_sync"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
                {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x32"]}},
                {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
                {"names": ["later"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "5.11"}},
                {"name": "clone", "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                 "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}
              ]
            }
            """);

        translated["defaultAction"]!.GetValue<string>().ShouldBe("SCMP_ACT_ERRNO");
        translated["defaultErrnoRet"]!.GetValue<int>().ShouldBe(38);
        translated["architectures"]!.AsArray().Select(static entry => entry!.GetValue<string>())
            .ShouldBe(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]);
        translated["syscalls"]!.AsArray().SelectMany(static rule => rule!["names"]!.AsArray()).Select(static name => name!.GetValue<string>())
            .ShouldBe(["read", "write", "chroot", "kill", "arch_prctl", "ptrace", "clone"]);
        translated["syscalls"]!.AsArray()[^1]!.ToJsonString().ShouldBe(
            """{"names":["clone"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}""");
    }

    [Fact]
    public void A_profile_without_rules_has_only_its_default()
    {
        Translate("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"]}""").ToJsonString()
            .ShouldBe("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[]}""");
    }

    [Theory]
    [InlineData("[]", "the profile is no JSON object")]
    [InlineData("{}", "no 'defaultAction'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_NOTIFY"}""", "'SCMP_ACT_NOTIFY'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": [], "archMap": [{}]}""", "at once")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}""", "'syscalls'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]}""", "syscalls[0]")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ALLOW"}]}""", "names no system call")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [1], "action": "SCMP_ACT_ALLOW"}]}""", "syscalls[0].names")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "ALLOW"}]}""", "'ALLOW'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]}""", "'index'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "args": [{"index": 0, "op": "EQ"}]}]}""", "'EQ'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "errnoRet": -1}]}""", "'errnoRet'")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "includes": {"minKernel": "new"}}]}""", "'minKernel'")]
    public void What_is_no_profile_is_refused_with_the_place(string profile, string place)
    {
        Should.Throw<FormatException>(() => Translate(profile)).Message.ShouldContain(place);
    }

    [Fact]
    public void A_profile_that_cannot_be_had_says_what_to_do()
    {
        var directory = Directory.CreateTempSubdirectory("plenum-seccomp-").FullName;
        try
        {
            File.WriteAllText(Path.Join(directory, "bad.json"), "{");
            Message(null, "some.json").ShouldContain("--seccomp-config-dir");
            Message(directory, "missing.json").ShouldContain($"put it into {directory}");
            Message(directory, "../bad.json").ShouldContain("no legal name");
            Message(directory, "bad.json").ShouldContain($"Repair {directory}/bad.json");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Message(string? directory, string name) =>
        Should.Throw<ContainerLaunchException>(() => NamedSeccompProfile.Load(directory, name, [])).Message;

    private static JsonNode Translate(string profile) => JsonNode.Parse(
        NamedSeccompProfile.Translate(Encoding.UTF8.GetBytes(profile), ["CAP_KILL", "CAP_SYS_CHROOT"], Architecture.X64, Kernel))!;
}
