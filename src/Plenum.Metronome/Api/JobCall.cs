using Microsoft.AspNetCore.Http;
using Plenum.Marathon.Api;
using Plenum.Marathon.Api.Routing;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Metronome.Core;

namespace Plenum.Metronome.Api;

/// <summary>One request, as handlers see it.</summary>
internal sealed class JobCall(HttpContext context, RouteValues values, IMetronome metronome, DateTimeOffset now)
{
    /// <summary>Larger than any definition may be, for a document with spaces.</summary>
    private const int MaxBodyBytes = 4 * 1024 * 1024;

    public HttpContext Context { get; } = context;

    public IMetronome Metronome { get; } = metronome;

    /// <summary>What the machine's clock shows.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>Taken once, so that one answer speaks of one moment.</summary>
    public MetronomeSnapshot Snapshot { get; } = metronome.Snapshot;

    public string Path => Context.Request.Path.Value ?? "/";

    public string JobId => values.Id ?? throw new InvalidOperationException("the route names no job");

    /// <summary>The schedule or the run in the path.</summary>
    public string Argument => values.Argument ?? throw new InvalidOperationException("the route has no argument");

    public Job? Job => Snapshot.Jobs.GetValueOrDefault(JobId);

    public bool Flag(string name) => string.Equals(Context.Request.Query[name], "true", StringComparison.OrdinalIgnoreCase);

    public Task<JobResult> RequestAsync(Func<MetronomeCore, CoreTime, List<MetronomeEffect>, JobResult> perform) =>
        Metronome.RequestAsync(perform, Context.RequestAborted);

    /// <summary>Reads the body as a JSON document; the answer names what is wrong with it.</summary>
    /// <param name="orNothing">For a body that may be missing: what stands for it.</param>
    public async Task<(T? Value, ApiAnswer? Problem)> ReadAsync<T>(Func<JsonField, T> read, T? orNothing = null)
        where T : class
    {
        var body = await RequestBody.ReadAsync(Context, MaxBodyBytes);
        if (body is null)
        {
            return (null, JobProblem.Of(413, $"The request is larger than {MaxBodyBytes} bytes", Path));
        }

        if (orNothing is not null && body.Value.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return (orNothing, null);
        }

        if (!RequestBody.IsJson(Context.Request.ContentType))
        {
            return orNothing is null
                ? (null, JobProblem.Of(415, "Expecting text/json or application/json body", Path))
                : (orNothing, null);
        }

        var parsed = DefinitionDocument.Read(body.Value, read);
        return parsed.Failure switch
        {
            null => (parsed.Value, null),
            { Violations: { } violations } => (null, JobProblem.Invalid(violations)),
            var broken => (null, JobProblem.Of(400, $"Invalid Json: {broken.Details}", Path)),
        };
    }
}
