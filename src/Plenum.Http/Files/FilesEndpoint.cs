using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Plenum.Http.Access;

namespace Plenum.Http.Files;

/// <summary>The v0 files routes, which every log viewer of DC/OS uses.</summary>
/// <param name="tree">What may be shown now.</param>
/// <param name="access">Asked for each path with the rule that the tree has for it.</param>
public sealed class FilesEndpoint(Func<CancellationToken, ValueTask<IFileTree>> tree, IAccessPolicy access)
{
    public async Task BrowseAsync(HttpContext context)
    {
        if (await WantedAsync(context) is not var (files, path))
        {
            return;
        }

        if (FileReader.List(files, path) is not { } entries)
        {
            await NotFoundAsync(context, path);
            return;
        }

        await Answers.JsonAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var (wire, status) in entries)
            {
                json.WriteStartObject();
                json.WriteString("path", wire.Path);
                json.WriteNumber("nlink", wire.Nlink);
                json.WriteNumber("size", wire.Size);
                json.WriteNumber("mtime", status.Modified.ToUnixTimeSeconds());
                json.WriteString("mode", status.ModeText);
                json.WriteString("uid", wire.Uid);
                json.WriteString("gid", wire.Gid);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public async Task ReadAsync(HttpContext context)
    {
        if (await WantedAsync(context) is not var (files, path))
        {
            return;
        }

        if (!TryNumber(context.Request.Query["offset"], out var offset) || !TryNumber(context.Request.Query["length"], out var length))
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, "offset and length must be whole numbers");
            return;
        }

        // The web viewer asks with -1 for the end and for the rest; anything below is a mistake.
        if (offset < -1 || length < -1)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, $"Negative {(offset < -1 ? "offset" : "length")} provided");
            return;
        }

        var read = FileReader.Read(files, path, Math.Max(0, offset ?? -1), length);
        if (read.Outcome != FileOutcome.Found)
        {
            await (read.Outcome == FileOutcome.Directory ? DirectoryAsync(context, "read") : NotFoundAsync(context, path));
            return;
        }

        // Without an offset, and with -1, the caller wants to know where the end is.
        var end = offset is null or < 0;
        await Answers.JsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("offset", end ? read.Size : Math.Min(offset!.Value, read.Size));
            json.WriteString("data", end ? "" : Text(read.Data.Span));
            json.WriteEndObject();
        });
    }

    public async Task DownloadAsync(HttpContext context)
    {
        if (await WantedAsync(context) is not var (files, path))
        {
            return;
        }

        await using var file = FileReader.Open(files, path);
        if (file is null)
        {
            await (FileReader.IsDirectory(files, path) ? DirectoryAsync(context, "download") : NotFoundAsync(context, path));
            return;
        }

        // A log may grow meanwhile: what was there when the answer began is what was promised.
        var length = file.Length;
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = length;
        context.Response.Headers.ContentDisposition =
            $"attachment; filename*=UTF-8''{Uri.EscapeDataString(Path.GetFileName(path))}";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await CopyAsync(file, context.Response.Body, length, context.RequestAborted);
        }
    }

    /// <summary>Virtual paths and what they stand for, of those that the caller may ask for.</summary>
    public async Task DebugAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var files = await tree(context.RequestAborted);
        var allowed = new Dictionary<AccessRule, bool>();
        var shown = new List<KeyValuePair<string, string>>();
        foreach (var attached in files.Attached)
        {
            var rule = files.RuleOf(attached.Key);
            if (!allowed.TryGetValue(rule, out var may))
            {
                allowed[rule] = may = await access.AllowsAsync(rule, context);
            }

            if (may)
            {
                shown.Add(attached);
            }
        }

        await Answers.JsonAsync(context, json =>
        {
            json.WriteStartObject();
            foreach (var (name, path) in shown)
            {
                json.WriteString(name, path);
            }

            json.WriteEndObject();
        });
    }

    /// <summary>Null when there is no path, or not for this caller, and the request was answered so.</summary>
    private async Task<(IFileTree Files, string Path)?> WantedAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var path = context.Request.Query["path"].ToString();
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, "Expecting 'path=value' in the query");
            return null;
        }

        var files = await tree(context.RequestAborted);
        return await access.PassesAsync(files.RuleOf(path), context) ? (files, path) : null;
    }

    private static Task NotFoundAsync(HttpContext context, string path) =>
        Answers.TextAsync(context, StatusCodes.Status404NotFound, $"There is no file '{path}' that could be shown");

    private static Task DirectoryAsync(HttpContext context, string what) =>
        Answers.TextAsync(context, StatusCodes.Status400BadRequest, $"Cannot {what} a directory; /files/browse lists it");

    private static bool TryNumber(string? text, out long? number)
    {
        number = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        number = value;
        return true;
    }

    // A piece may end inside a character; viewers ask again from offset + length of the data, so the
    // broken rest stays for the next piece unless it is all there is.
    private static string Text(ReadOnlySpan<byte> data)
    {
        var end = data.Length;
        var back = 0;
        while (back < 3 && end - back > 0 && (data[end - back - 1] & 0xc0) == 0x80)
        {
            back++;
        }

        var lead = end - back - 1;
        if (lead > 0 && data[lead] >= 0xc0 && back + 1 < LengthOf(data[lead]))
        {
            end = lead;
        }

        return Encoding.UTF8.GetString(data[..end]);
    }

    private static int LengthOf(byte lead) => lead switch
    {
        >= 0xf0 => 4,
        >= 0xe0 => 3,
        _ => 2,
    };

    private static async Task CopyAsync(Stream from, Stream to, long length, CancellationToken cancellationToken)
    {
        var buffer = new byte[81920];
        while (length > 0)
        {
            var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellationToken);
            if (read == 0)
            {
                throw new IOException("The file became shorter while it was sent");
            }

            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            length -= read;
        }
    }
}
