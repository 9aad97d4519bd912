using Microsoft.Extensions.Primitives;
using Plenum.Master.Negotiation;

namespace Plenum.Master.Tests.Negotiation;

public sealed class BodyFormatsTests
{
    [Theory]
    [InlineData("application/json", BodyFormat.Json)]
    [InlineData("application/json; charset=utf-8", BodyFormat.Json)]
    [InlineData("Application/JSON ;charset=UTF-8", BodyFormat.Json)]
    [InlineData("application/x-protobuf", BodyFormat.Protobuf)]
    [InlineData("APPLICATION/X-PROTOBUF;messageType=x", BodyFormat.Protobuf)]
    [InlineData("application/x-protobuf2", null)]
    [InlineData("application/jso", null)]
    [InlineData("text/plain", null)]
    [InlineData("", null)]
    public void Content_types_are_read_with_parameters_and_in_any_case(string contentType, object? expected) =>
        BodyFormats.FromContentType(contentType).ShouldBe((BodyFormat?)expected);

    [Theory]
    [InlineData(null, BodyFormat.Json)]
    [InlineData("application/json", BodyFormat.Json)]
    [InlineData("application/x-protobuf", BodyFormat.Protobuf)]
    [InlineData("application/x-protobuf, application/json;q=0.1", BodyFormat.Json)]
    [InlineData("*/*", BodyFormat.Json)]
    [InlineData("application/*", BodyFormat.Json)]
    [InlineData("application/json;q=0, */*", BodyFormat.Protobuf)]
    [InlineData("*/*, application/json; q=0.000", BodyFormat.Protobuf)]
    [InlineData("*/*;q=0", null)]
    [InlineData("text/html, application/xml;q=0.9", null)]
    [InlineData("application/json;q=0", null)]
    [InlineData("", null)]
    public void Accept_follows_the_rules_of_Mesos(string? accept, object? expected) =>
        BodyFormats.FromAccept(accept is null ? StringValues.Empty : new StringValues(accept))
            .ShouldBe((BodyFormat?)expected);

    [Fact]
    public void Repeated_accept_lines_count_together() =>
        BodyFormats.FromAccept(new StringValues(["text/html", "application/x-protobuf"])).ShouldBe(BodyFormat.Protobuf);
}
