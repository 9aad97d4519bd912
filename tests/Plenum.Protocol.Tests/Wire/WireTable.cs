namespace Plenum.Protocol.Tests.Wire;

public sealed class WireTable
{
    [Fact]
    public void The_master_call_announces_accept_as_type_three_in_field_four()
    {
        V1.Scheduler.Call.Descriptor.FindFieldByName("accept").FieldNumber.ShouldBe(4);
        ((int)V1.Scheduler.Call.Types.Type.Accept).ShouldBe(3);
    }
}
