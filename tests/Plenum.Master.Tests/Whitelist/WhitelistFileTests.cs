using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Whitelist;

public sealed class WhitelistFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"plenum-whitelist-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Agents_that_the_file_does_not_name_are_offered_once_it_does()
    {
        await File.WriteAllTextAsync(_path, "# nobody yet\n\n");
        await using var master = await TestMaster.StartAsync(with: options => options with { WhitelistFile = _path });
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        (await Obstacle(master, framework)).ShouldBe("not_whitelisted");
        (await master.GetJsonAsync("/flags")).GetProperty("flags").GetProperty("whitelist").GetString().ShouldBe(_path);

        var hostname = (await master.GetJsonAsync("/slaves")).GetProperty("slaves")[0].GetProperty("hostname").GetString();
        await File.WriteAllTextAsync(_path, $"other.example\n  {hostname}   # the one of this test\n");
        (await framework.NextAsync(Event.Types.Type.Offers)).Offers.Offers_.ShouldHaveSingleItem().Hostname.ShouldBe(hostname);
    }

    [Fact]
    public async Task A_master_whose_whitelist_cannot_be_read_does_not_start() =>
        (await Should.ThrowAsync<ArgumentException>(
            () => TestMaster.StartAsync(with: options => options with { WhitelistFile = _path }))).Message.ShouldContain(_path);

    private static async Task<string?> Obstacle(TestMaster master, TestFramework framework) =>
        (await master.GetJsonAsync($"/api/v1/plenum/frameworks/{framework.Id.Value}/explain"))
        .GetProperty("roles")[0].GetProperty("agents")[0].GetProperty("reason").GetString();
}
