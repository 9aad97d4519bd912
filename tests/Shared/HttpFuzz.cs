using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Plenum.Tests.Fuzz;

/// <summary>
/// Sends damaged requests to a server. Whatever they are: an answer comes, it is no server's failure, it says what is
/// wrong in the API's own form, and nothing is logged as an error.
/// </summary>
internal sealed class HttpFuzz(
    Uri address,
    ErrorLog errors,
    Action<HttpStatusCode, string, string?> checkRefusal,
    Func<HttpStatusCode, string, bool>? mayFail = null) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Bodies of answers read to their end; event streams have none.</summary>
    private const int MaxBody = 1024 * 1024;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseProxy = false, RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    })
    {
        Timeout = Patience, MaxResponseContentBufferSize = MaxBody,
    };

    private readonly SortedDictionary<int, int> _answers = [];

    /// <summary>How many answers of each status there were: a run that is refused at the door tests nothing.</summary>
    public IReadOnlyDictionary<int, int> Answers => _answers;

    public async Task<HttpStatusCode> SendAsync(
        Damage fuzz, HttpMethod method, string path, byte[]? body = null, string? contentType = null, params (string Name, string Value)[] headers)
    {
        var what = $"seed {fuzz.Seed}: {method} {path} {contentType} {Shown(body)}";
        using var request = new HttpRequestMessage(method, new Uri(address, path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            throw new InvalidOperationException($"No answer to {what}", failure);
        }

        using (response)
        {
            var status = response.StatusCode;
            _answers[(int)status] = _answers.GetValueOrDefault((int)status) + 1;
            errors.Entries.ShouldBeEmpty(what);
            if ((int)status >= 400)
            {
                var text = await response.Content.ReadAsStringAsync();
                ((int)status < 500
                    || status is HttpStatusCode.NotImplemented or HttpStatusCode.ServiceUnavailable
                    || method == HttpMethod.Head
                    || mayFail?.Invoke(status, text) == true).ShouldBeTrue($"{(int)status} to {what}: {text}");
                checkRefusal(status, text, response.Content.Headers.ContentType?.ToString());
            }

            return status;
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Shown(byte[]? body) => body is null ? string.Empty
        : body.All(static b => b is >= 32 and < 127 or (byte)'\n') ? Encoding.ASCII.GetString(body)
        : $"base64 {Convert.ToBase64String(body)}";
}

/// <summary>What a server logs as an error or worse: its own, not its caller's.</summary>
internal sealed class ErrorLog : ILoggerFactory, ILogger
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _entries = new();

    public IReadOnlyCollection<string> Entries => _entries;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This log is its own provider.");

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
