namespace Plenum.Marathon.Definitions;

internal enum PortProtocol
{
    Tcp,
    Udp,
    UdpAndTcp,
}
