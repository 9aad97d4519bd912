using Plenum.Protocol.Redaction;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Tests.Redaction;

public sealed class UriSecretsTests
{
    [Theory]
    [InlineData("http://host:80/path/a.tgz#sha256=00", "http://host:80/path/a.tgz#sha256=00")]
    [InlineData("https://user:secret@host:1/path", "https://host:1/path")]
    [InlineData("https://host/path?sig=secret", "https://host/path?…")]
    [InlineData("https://secret@host/path?sig=secret#secret", "https://host/path?…")]
    [InlineData("ftp://user:secret@host/path?sig=secret", "…@host/path?…")]
    [InlineData("hdfs://user:secret@host/path", "…@host/path")]
    [InlineData("http://user:secret@[broken/x", "…@[broken/x")]
    [InlineData("s3://host/path?secret@secret", "…")]
    [InlineData("/a/path@2?x", "/a/path@2?x")]
    [InlineData("file:///a/path@2", "file:///a/path@2")]
    public void A_URI_is_shown_without_what_opens_it(string uri, string shown) => UriSecrets.Hide(uri).ShouldBe(shown);

    [Fact]
    public void A_command_is_shown_without_the_passwords_of_its_URIs_and_keeps_its_own()
    {
        var command = new CommandInfo { Value = "run", Uris = { new CommandInfo.Types.URI { Value = "http://u:secret@host/x", Cache = true } } };

        SecretValues.Hide(command).Uris.ShouldHaveSingleItem().ShouldBe(new CommandInfo.Types.URI { Value = "http://host/x", Cache = true });

        command.Uris[0].Value.ShouldBe("http://u:secret@host/x");
    }
}
