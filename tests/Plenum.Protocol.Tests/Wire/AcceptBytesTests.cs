using System.Text;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1.Scheduler;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Protocol.Tests.Wire;

/// <summary>
/// One ACCEPT that reserves, creates a volume and launches on it, as a client writes it. The bytes were put
/// together from the numbers of the reference, not by this library: numbers of an operation's type and of its part
/// differ, and a mistake there would still agree with itself.
/// </summary>
public sealed class AcceptBytesTests
{
    private const string Bytes =
        """
        0A080A066D2D30303030100322D8020A060A046D2D4F31126808021A5C0A2C0A046370757310001A0909000000000000E03F
        6A170A036F707312090A070A0269641201371A0377656220020A2C0A046469736B10001A090900000000000050406A170A03
        6F707312090A070A0269641201371A03776562200262060A046F702D31124908042A450A430A046469736B10001A09090000
        0000000050403A150A090A02646212036F707312080A046461746118016A170A036F707312090A070A0269641201371A0377
        6562200212980108011293010A90010A017412050A03742D311A060A046D2D5330222C0A046370757310001A090900000000
        0000E03F6A170A036F707312090A070A0269641201371A03776562200222430A046469736B10001A09090000000000005040
        3A150A090A02646212036F707312080A046461746118016A170A036F707312090A070A0269641201371A0377656220023A09
        1A07736C6565702031
        """;

    private const string Reservation =
        """[{"type":"DYNAMIC","role":"web","principal":"ops","labels":{"labels":[{"key":"id","value":"7"}]}}]""";

    private const string Cpus = """{"name":"cpus","type":"SCALAR","scalar":{"value":0.5},"reservations":""" + Reservation + "}";

    private const string Disk = """{"name":"disk","type":"SCALAR","scalar":{"value":64},"reservations":""" + Reservation + "}";

    private const string Volume =
        """
        {"name":"disk","type":"SCALAR","scalar":{"value":64},
         "disk":{"persistence":{"id":"db","principal":"ops"},"volume":{"container_path":"data","mode":"RW"}},"reservations":
        """ + Reservation + "}";

    private const string Json =
        """
        {"framework_id":{"value":"m-0000"},"type":"ACCEPT","accept":{"offer_ids":[{"value":"m-O1"}],"operations":[
        {"type":"RESERVE","id":{"value":"op-1"},"reserve":{"resources":[
        """ + Cpus + "," + Disk
        + """]}},{"type":"CREATE","create":{"volumes":[""" + Volume
        + """
        ]}},{"type":"LAUNCH","launch":{"task_infos":[{"name":"t","task_id":{"value":"t-1"},"agent_id":{"value":"m-S0"},
        "command":{"value":"sleep 1"},"resources":[
        """ + Cpus + "," + Volume + "]}]}}]}}";

    [Fact]
    public void Both_formats_say_the_same()
    {
        var binary = Call.Parser.ParseFrom(Convert.FromHexString(Bytes.ReplaceLineEndings("")));
        var json = MesosJson.Parse<Call>(Encoding.UTF8.GetBytes(Json));

        binary.ShouldBe(json);
        binary.Accept.Operations.Select(operation => operation.Type)
            .ShouldBe([OperationType.Reserve, OperationType.Create, OperationType.Launch]);
        binary.Accept.Operations[0].Id.Value.ShouldBe("op-1");
        binary.Accept.Operations[1].Create.Volumes.Single().Disk.Volume.Mode.ShouldBe(Protocol.V1.Volume.Types.Mode.Rw);
        Convert.ToHexString(json.ToByteArray()).ShouldBe(Bytes.ReplaceLineEndings(""));
    }
}
