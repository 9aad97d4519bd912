using Plenum.Agent.Secrets;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Secrets;

public sealed class DirectorySecretResolverTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("plenum-secrets-").FullName;

    [Theory]
    [InlineData("db/password", null)]
    [InlineData("/db/password", null)]
    [InlineData("db", "password")]
    public async Task A_secret_is_found_by_its_path_with_or_without_a_key(string name, string? key)
    {
        Write("db/password", "hush");
        (await AskAsync(name, key)).ShouldBeOfType<SecretAnswer.Found>().Value.ShouldBe("hush"u8.ToArray());
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("db/../../outside")]
    [InlineData("link")]
    [InlineData("db")]
    [InlineData("")]
    public async Task What_is_no_secret_of_the_directory_is_missing(string name)
    {
        Write("db/password", "hush");
        var outside = _directory + "-outside";
        await File.WriteAllTextAsync(outside, "not yours");
        File.CreateSymbolicLink(Path.Join(_directory, "link"), outside);
        try
        {
            (await AskAsync(name, null)).ShouldBeOfType<SecretAnswer.Missing>();
        }
        finally
        {
            File.Delete(outside);
        }
    }

    [Fact]
    public async Task A_directory_that_others_may_look_into_gives_nothing_and_says_what_to_do()
    {
        Write("db/password", "hush");
        File.SetUnixFileMode(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        (await AskAsync("db/password", null)).ShouldBeOfType<SecretAnswer.Missing>().Reason.ShouldContain($"chmod 700 {_directory}");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private Task<SecretAnswer> AskAsync(string name, string? key) =>
        new DirectorySecretResolver(_directory).ResolveAsync(new SecretRequest(name, key, "task"), default);

    private void Write(string name, string value)
    {
        var path = Path.Join(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, value);
    }
}
