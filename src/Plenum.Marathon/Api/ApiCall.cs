using Microsoft.AspNetCore.Http;
using Plenum.Marathon.Api.Routing;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Marathon.Api;

/// <summary>One request, as handlers see it.</summary>
internal sealed class ApiCall
{
    private readonly RouteValues _values;

    public ApiCall(HttpContext context, RouteValues values, IMarathon marathon, MarathonApiOptions options, DateTimeOffset now)
    {
        _values = values;
        Context = context;
        Marathon = marathon;
        Options = options;
        Now = now;
        Snapshot = marathon.Snapshot;
    }

    public HttpContext Context { get; }

    public IMarathon Marathon { get; }

    public MarathonApiOptions Options { get; }

    public DateTimeOffset Now { get; }

    /// <summary>Taken once, so that one answer speaks of one moment.</summary>
    public MarathonSnapshot Snapshot { get; }

    public CancellationToken Aborted => Context.RequestAborted;

    public string RemoteAddress => Context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    /// <summary>The group or app in the path; the root where the route has none.</summary>
    public string IdText => _values.Id is null ? "/" : "/" + _values.Id;

    public string Argument => _values.Argument ?? throw new InvalidOperationException("the route has no argument");

    public bool TryGetId(out PathId id, out ApiProblem? problem)
    {
        problem = null;
        if (PathId.TryResolve(IdText, PathId.Root, out id, out var error))
        {
            return true;
        }

        problem = ApiProblem.Invalid("/id", error);
        return false;
    }

    /// <summary>As Java reads booleans: "true" in any case is true, everything else false and never an error.</summary>
    public bool Flag(string name, bool otherwise = false)
    {
        var values = Context.Request.Query[name];
        return values.Count == 0 ? otherwise : string.Equals(values[0], "true", StringComparison.OrdinalIgnoreCase);
    }

    public string? Parameter(string name) => Context.Request.Query[name] is { Count: > 0 } values ? values[0] : null;

    public IEnumerable<string> Parameters(string name) => Context.Request.Query[name].OfType<string>();

    /// <summary>Reads the body as a JSON document; the answer names what is wrong with it.</summary>
    public async Task<(T? Value, ApiProblem? Problem)> ReadAsync<T>(Func<JsonField, T> read)
        where T : class
    {
        if (!RequestBody.IsJson(Context.Request.ContentType))
        {
            return (null, new ApiProblem(415, "Unsupported Media Type"));
        }

        var body = await RequestBody.ReadAsync(Context, Options.MaxBodyBytes);
        if (body is null)
        {
            return (null, new ApiProblem(413, $"The request is larger than {Options.MaxBodyBytes} bytes"));
        }

        var parsed = DefinitionDocument.Read(body.Value, read);
        return (parsed.Value, parsed.Failure is null ? null : ApiProblem.From(parsed.Failure));
    }
}
