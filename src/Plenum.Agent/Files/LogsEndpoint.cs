using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Plenum.Http.Files;

namespace Plenum.Agent.Files;

/// <summary>
/// The agent's part of dcos-log's second version, for the gateway to build on:
/// <c>/logs/v2/task/frameworks/F/executors/E/runs/C[/tasks/T]/FILE</c>, with <c>/download</c> behind it, or
/// <c>files/browse</c> instead of a file.
/// </summary>
internal sealed class LogsEndpoint(Func<CancellationToken, ValueTask<IFileTree>> tree, FilesEndpoint files, LogWatch watch, TimeProvider clock)
{
    private const string Root = "/logs/v2/task/";

    /// <summary>Segments that name a run: frameworks/F/executors/E/runs/C.</summary>
    private const int RunSegments = 6;

    /// <summary>Callers that follow a log at once; each reads its file after each write.</summary>
    private const int MaximumFollowers = 256;

    /// <summary>Between two looks at a log that cannot be watched: as soon as people notice.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two looks at one that is: for another file under its name, and for network file systems, which tell nothing.</summary>
    private static readonly TimeSpan DoubtInterval = TimeSpan.FromSeconds(5);

    /// <summary>Without a line for so long a sign of life is sent: half of what proxies wait at least.</summary>
    private static readonly TimeSpan SignInterval = TimeSpan.FromSeconds(15);

    private int _followers;

    public async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var segments = path[(path.IndexOf(Root, StringComparison.Ordinal) + Root.Length)..].Split('/');
        if (segments.Length <= RunSegments || segments is not ["frameworks", _, "executors", _, "runs", ..])
        {
            await NotFoundAsync(context);
            return;
        }

        var inPod = segments.Length > RunSegments + 2 && segments[RunSegments] == "tasks";
        var sandbox = "/" + string.Join('/', segments[..(inPod ? RunSegments + 2 : RunSegments)]);
        switch (segments[(inPod ? RunSegments + 2 : RunSegments)..])
        {
            case ["files", "browse"]:
                context.Request.QueryString = QueryString.Create("path", sandbox);
                await files.BrowseAsync(context);
                break;
            case [var file, "download"]:
                context.Request.QueryString = QueryString.Create("path", $"{sandbox}/{file}");
                await files.DownloadAsync(context);
                break;
            case [{ Length: > 0 } file]:
                var fields = new List<(string, string)>
                {
                    ("FRAMEWORK_ID", segments[1]), ("EXECUTOR_ID", segments[3]), ("CONTAINER_ID", segments[5]), ("FILE", file),
                };
                if (file is "stdout" or "stderr")
                {
                    fields.Add(("STREAM", file.ToUpperInvariant()));
                }

                await ShowAsync(context, $"{sandbox}/{file}", new LogEntries(context.Request, fields));
                break;
            default:
                await NotFoundAsync(context);
                break;
        }
    }

    private async Task ShowAsync(HttpContext context, string path, LogEntries entries)
    {
        var (query, problem) = LogQuery.From(context.Request);
        if (query is null)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, problem!);
            return;
        }

        var lines = new LogLines(new LogReader(tree, path));
        if (await lines.EndAsync(context.RequestAborted) is not { } end)
        {
            await NotFoundAsync(context);
            return;
        }

        var start = query.Cursor ?? end;
        start = query.Skip < 0 ? await lines.BackAsync(start, -query.Skip, context.RequestAborted) : start;
        context.Response.ContentType = entries.ContentType;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        if (!entries.IsStream)
        {
            if (!await CopyAsync(context, lines, start, query, entries))
            {
                context.Response.ContentType = null;
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            }

            return;
        }

        try
        {
            if (Interlocked.Increment(ref _followers) > MaximumFollowers)
            {
                await Answers.TextAsync(
                    context, StatusCodes.Status503ServiceUnavailable, $"{MaximumFollowers} callers follow logs of this agent already; try again later");
                return;
            }

            await FollowAsync(context, lines, start, query, entries);
        }
        finally
        {
            Interlocked.Decrement(ref _followers);
        }
    }

    /// <summary>Up to the end of the log. False when there was no entry; nothing was answered then.</summary>
    private static async Task<bool> CopyAsync(HttpContext context, LogLines lines, long start, LogQuery query, LogEntries entries)
    {
        var copy = new Copy(query, entries);
        var any = false;
        while (!copy.IsFull && await lines.NextAsync(start, unended: true, context.RequestAborted) is var (found, next) && next != start)
        {
            start = next;
            if (copy.Take(found))
            {
                any = true;
                await entries.SendAsync(context.Response, context.RequestAborted);
            }
        }

        return any;
    }

    private async Task FollowAsync(HttpContext context, LogLines lines, long start, LogQuery query, LogEntries entries)
    {
        // Many a log is silent for days; that is no slow reader.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        var copy = new Copy(query, entries);
        var spoke = clock.GetTimestamp();
        LogWatch.Listener? listener = null;
        try
        {
            // It ends with its reader, or with the sandbox.
            while (!copy.IsFull && await lines.NextAsync(start, unended: false, context.RequestAborted) is var (found, next))
            {
                var moved = next != start;
                start = next;
                if (copy.Take(found) || clock.GetElapsedTime(spoke) >= SignInterval)
                {
                    if (found.Count == 0)
                    {
                        entries.AddSign();
                    }

                    await entries.SendAsync(context.Response, context.RequestAborted);
                    spoke = clock.GetTimestamp();
                }

                if (!moved && listener is null && (listener = await lines.ListenAsync(watch, context.RequestAborted)) is not null)
                {
                    // Once more, for what was written before somebody listened.
                    continue;
                }

                if (!moved)
                {
                    await WaitAsync(listener, context.RequestAborted);
                }

                listener?.Dispose();
                listener = null;
            }
        }
        finally
        {
            listener?.Dispose();
        }
    }

    private async Task WaitAsync(LogWatch.Listener? listener, CancellationToken cancellationToken)
    {
        if (listener is null)
        {
            await Task.Delay(PollInterval, clock, cancellationToken);
            return;
        }

        // The end of the time is as good as a write.
        await listener.Changed.WaitAsync(DoubtInterval, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static Task NotFoundAsync(HttpContext context) =>
        Answers.TextAsync(context, StatusCodes.Status404NotFound, $"There is no log at '{context.Request.Path.Value}'");

    /// <summary>Counts lines off against skip and limit.</summary>
    private sealed class Copy(LogQuery query, LogEntries entries)
    {
        private long _skip = Math.Max(0, query.Skip);
        private long _left = query.Limit ?? long.MaxValue;

        public bool IsFull => _left == 0;

        /// <summary>True when one of them is to be sent.</summary>
        public bool Take(IReadOnlyList<LogLine> lines)
        {
            var any = false;
            foreach (var line in lines)
            {
                if (_skip > 0)
                {
                    _skip--;
                }
                else if (_left > 0 && entries.Matches(line, query.Filters))
                {
                    _left--;
                    entries.Add(line);
                    any = true;
                }
            }

            return any;
        }
    }
}
