namespace Plenum.Master.Negotiation;

/// <summary>The two encodings of every v1 message.</summary>
internal enum BodyFormat
{
    Json,
    Protobuf,
}
