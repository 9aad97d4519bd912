using System.Text;
using System.Text.Json;

namespace Plenum.Cli.Apps;

/// <summary>Reads a definition from a file or, named "-", from standard input.</summary>
internal static class DefinitionFile
{
    // Marathon's own limit on a request body is far below; this only stops a mistaken file.
    private const long MaximumLength = 16L * 1024 * 1024;

    public static async Task<JsonElement> ReadAsync(
        string file, CliHost host, CancellationToken cancellationToken, long maximumLength = MaximumLength)
    {
        var name = file == "-" ? "standard input" : file;
        try
        {
            await using var source = file == "-" ? host.Input : File.OpenRead(file);
            using var bytes = new MemoryStream();
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await source.ReadAsync(buffer, cancellationToken)) > 0)
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > maximumLength)
                {
                    throw new CommandFailure(ExitCodes.Usage, $"{name} is larger than {maximumLength / 1024 / 1024} MB");
                }
            }
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CommandFailure(
                ExitCodes.Usage,
                $"{name} is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}",
                "an app definition looks like examples/web.json");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailure(ExitCodes.Usage, $"there is no file {name}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Usage, $"{name} cannot be read: {e.Message}");
        }
    }
}
