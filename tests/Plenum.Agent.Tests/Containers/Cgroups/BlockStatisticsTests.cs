using Plenum.Agent.Containers.Cgroups;
using Operation = Plenum.Protocol.V1.CgroupInfo.Types.Blkio.Types.Operation;

namespace Plenum.Agent.Tests.Containers.Cgroups;

public sealed class BlockStatisticsTests
{
    [Fact]
    public void Version_1_has_a_line_an_operation_and_a_total_without_a_device()
    {
        const string serviced = "8:16 Read 3\n8:16 Write 4\n8:16 Discard 0\n8:16 Total 7\n7:0 Read 1\nTotal 8\n";
        const string bytes = "8:16 Read 12288\n8:16 Write 16384\nTotal 28672\n";
        var devices = BlockStatistics.Read(serviced, bytes)!.Throttling;
        devices.Count.ShouldBe(3);
        (devices[0].Device.MajorNumber, devices[0].Device.MinorNumber).ShouldBe((8UL, 16UL));
        devices[0].IoServiced.Select(static value => (value.Op, value.Value_)).ShouldBe(
            [(Operation.Read, 3UL), (Operation.Write, 4UL), (Operation.Discard, 0UL), (Operation.Total, 7UL)]);
        devices[0].IoServiceBytes.Select(static value => (value.Op, value.Value_)).ShouldBe([(Operation.Read, 12288UL), (Operation.Write, 16384UL)]);
        devices[2].Device.ShouldBeNull();
        devices[2].IoServiceBytes.Single().Value_.ShouldBe(28672UL);
    }

    [Fact]
    public void Version_2_has_a_line_a_device()
    {
        var device = BlockStatistics.Read("254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n")!.Throttling.ShouldHaveSingleItem();
        device.Device.MajorNumber.ShouldBe(254UL);
        device.IoServiced.Select(static value => (value.Op, value.Value_)).ShouldBe([(Operation.Read, 1UL), (Operation.Write, 2UL), (Operation.Discard, 0UL)]);
        device.IoServiceBytes.Select(static value => (value.Op, value.Value_)).ShouldBe([(Operation.Read, 4096UL), (Operation.Write, 8192UL), (Operation.Discard, 0UL)]);
    }

    [Fact]
    public void Nothing_counted_or_not_understood_is_nothing_said()
    {
        BlockStatistics.Read(null, "").ShouldBeNull();
        BlockStatistics.Read("what is this\n8:0 Unheard 7", null).ShouldBeNull();
        BlockStatistics.Read("8:0").ShouldBeNull();
    }
}
