using System.Text.Json.Serialization;

namespace Plenum.Agent.Volumes;

[JsonSerializable(typeof(IReadOnlyList<DriverMount>))]
internal sealed partial class VolumesJson : JsonSerializerContext;
