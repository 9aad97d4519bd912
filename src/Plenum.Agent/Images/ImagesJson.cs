using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Plenum.Agent.Images;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ImagesJson : JsonSerializerContext;
