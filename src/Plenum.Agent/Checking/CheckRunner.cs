using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Launching;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Checking;

/// <summary>
/// Runs single checks: commands in the task's container, HTTP and TCP against the loopback address on
/// which the task must listen (mesos.md 6.13).
/// </summary>
internal sealed partial class CheckRunner : IAsyncDisposable
{
    /// <summary>Checks at once. A machine with more tasks than this spreads them over their intervals.</summary>
    private const int MaximumConcurrent = 64;

    /// <summary>curl's bound.</summary>
    private const int MaximumRedirects = 50;

    /// <summary>A check without a timeout of its own may still not stay for ever.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    private readonly AgentLoop _loop;
    private readonly IContainerRuntime _runtime;
    private readonly ContainerDirector _containers;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly HttpProber _prober;
    private readonly SemaphoreSlim _turns = new(MaximumConcurrent, MaximumConcurrent);
    private readonly CancellationTokenSource _stopping = new();

    public CheckRunner(AgentLoop loop, IContainerRuntime runtime, ContainerDirector containers, TimeProvider clock, ILogger logger)
    {
        _loop = loop;
        _runtime = runtime;
        _containers = containers;
        _clock = clock;
        _logger = logger;
        _http = ClientFor(null);
        _prober = new HttpProber(clock);
    }

    public void Start(CheckRun run)
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        if (_turns.Wait(0))
        {
            Begin(run);
        }
        else
        {
            _ = Task.Run(() => BeginLaterAsync(run));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _prober.Dispose();
        // All turns taken: no check is under way any more.
        for (var turn = 0; turn < MaximumConcurrent; turn++)
        {
            await _turns.WaitAsync();
        }

        _http.Dispose();
        _turns.Dispose();
        _stopping.Dispose();
    }

    private async Task BeginLaterAsync(CheckRun run)
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _turns.WaitAsync();
            Begin(run);
        }
    }

    /// <summary>Holds a turn, which goes back when the outcome has been told.</summary>
    private void Begin(CheckRun run)
    {
        var seconds = run.Health?.TimeoutSeconds ?? run.Check!.TimeoutSeconds;
        var limit = seconds > 0 && seconds < LongestTimeout.TotalSeconds ? TimeSpan.FromSeconds(seconds) : LongestTimeout;
        var began = _clock.GetTimestamp();
        if (!_stopping.IsCancellationRequested
            && HttpTarget.Of(run) is { } target && target.IsPlain && Uri.TryCreate(target.Address, UriKind.Absolute, out var address))
        {
            var deadline = began + (long)(limit.TotalSeconds * _clock.TimestampFrequency);
            _prober.Ask(new HttpQuestion(address, OwnNetworkOf(run.Container), deadline, end => Probed(run, end, began, limit)));
        }
        else
        {
            _ = Task.Run(() => RunAsync(run, limit, limit));
        }
    }

    /// <summary>On the prober's thread.</summary>
    private void Probed(CheckRun run, ProbeEnd end, long began, TimeSpan limit)
    {
        switch (end.Kind)
        {
            case ProbeEndKind.Answered:
                Tell(run, CheckOutcome.Http(end.Status));
                break;
            case ProbeEndKind.Late:
                Tell(run, TimedOut(limit));
                break;
            case ProbeEndKind.Failed:
                Tell(run, Broken(run, end.Problem!));
                break;
            case ProbeEndKind.Open:
                // A client that understands more asks again, within what is left of the time.
                _ = Task.Run(() => RunAsync(run, limit, limit - _clock.GetElapsedTime(began)));
                break;
            default:
                _turns.Release();
                break;
        }
    }

    /// <summary>The last step of a check. A queue that is full holds its turn, no thread.</summary>
    private void Tell(CheckRun run, CheckOutcome outcome)
    {
        var told = _stopping.IsCancellationRequested ? ValueTask.CompletedTask : _loop.PostAsync(new AgentCommand.CheckFinished(run, outcome));
        if (told.IsCompletedSuccessfully)
        {
            _turns.Release();
        }
        else
        {
            _ = ReleaseAsync(told.AsTask());
        }
    }

    private async Task ReleaseAsync(Task told)
    {
        try
        {
            await told;
        }
        finally
        {
            _turns.Release();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one check: whatever broke, the check failed for that reason.")]
    private async Task RunAsync(CheckRun run, TimeSpan limit, TimeSpan left)
    {
        CheckOutcome outcome;
        try
        {
            using var timeout = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
            outcome = run.Health is { } health
                ? await HealthAsync(run, health, ending.Token)
                : await CheckAsync(run, run.Check!, ending.Token);
        }
        catch (OperationCanceledException)
        {
            outcome = TimedOut(limit);
        }
        catch (Exception exception)
        {
            outcome = Broken(run, exception);
        }

        Tell(run, outcome);
    }

    private static CheckOutcome TimedOut(TimeSpan limit) =>
        CheckOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"The check timed out after {limit.TotalSeconds} secs"));

    private CheckOutcome Broken(CheckRun run, Exception exception)
    {
        if (exception is ContainerLaunchException or HttpRequestException or IOException or UriFormatException)
        {
            return CheckOutcome.Failed($"The check failed: {exception.Message}");
        }

        Log.Broke(_logger, exception, run.Task.Value);
        return CheckOutcome.Failed($"The agent failed to run the check: {exception.Message}");
    }

    private Task<CheckOutcome> HealthAsync(CheckRun run, HealthCheck health, CancellationToken cancellationToken) =>
        HttpTarget.Of(run) is { } target ? HttpAsync(run.Container, target, cancellationToken)
        : health is { Tcp: not null, Type: HealthCheck.Types.Type.Tcp or HealthCheck.Types.Type.Unknown }
            ? TcpAsync(run.Container, health.Tcp.Protocol == NetworkInfo.Types.Protocol.Ipv6, health.Tcp.Port, cancellationToken)
        : CommandAsync(run.Container, health.Command, cancellationToken);

    private Task<CheckOutcome> CheckAsync(CheckRun run, CheckInfo check, CancellationToken cancellationToken) =>
        HttpTarget.Of(run) is { } target ? HttpAsync(run.Container, target, cancellationToken)
        : check.Type == CheckInfo.Types.Type.Tcp ? TcpAsync(run.Container, ipv6: false, check.Tcp.Port, cancellationToken)
        : CommandAsync(run.Container, check.Command.Command_, cancellationToken);

    private async Task<CheckOutcome> CommandAsync(ContainerId container, CommandInfo command, CancellationToken cancellationToken)
    {
        if (_containers.KeyOf(container) is not { } key)
        {
            return CheckOutcome.Failed("The container is gone");
        }

        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in command.Environment?.Variables ?? [])
        {
            variables[variable.Name] = variable.Value;
        }

        var spec = new ExecSpec
        {
            Command = ContainerSpecs.CommandOf(command, variables, command.HasUser ? command.User : null),
        };
        await using var session = await _runtime.ExecAsync(key, spec, cancellationToken);
        session.Input.Close();
        var output = session.Output.CopyToAsync(Stream.Null, cancellationToken);
        var error = session.Error.CopyToAsync(Stream.Null, cancellationToken);
        var exit = await session.WaitAsync(cancellationToken);
        await Task.WhenAll(output, error);
        return exit.ExitCode is { } code
            ? CheckOutcome.Exited(code)
            : CheckOutcome.Failed($"The check's command was ended by signal {exit.Signal}");
    }

    private async Task<CheckOutcome> HttpAsync(ContainerId container, HttpTarget target, CancellationToken cancellationToken)
    {
        var address = new Uri(target.Address);
        // Every container has a 127.0.0.1 of its own: a shared client could give one's connection to another's check.
        var own = OwnNetworkOf(container) is { } network ? ClientFor(network) : null;
        try
        {
            return await FollowAsync(own ?? _http, address, cancellationToken);
        }
        finally
        {
            own?.Dispose();
        }
    }

    /// <summary>As curl -L does for Mesos, also from https to http, which the client would not do by itself.</summary>
    private static async Task<CheckOutcome> FollowAsync(HttpClient client, Uri address, CancellationToken cancellationToken)
    {
        for (var redirects = 0; redirects <= MaximumRedirects; redirects++)
        {
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } next)
            {
                return CheckOutcome.Http((int)response.StatusCode);
            }

            address = new Uri(address, next);
            if (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            {
                return CheckOutcome.Failed($"The check was redirected to {address.Scheme}, which is not HTTP");
            }
        }

        return CheckOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"The check was redirected more than {MaximumRedirects} times"));
    }

    private async Task<CheckOutcome> TcpAsync(ContainerId container, bool ipv6, uint port, CancellationToken cancellationToken)
    {
        using var socket = OwnNetworkOf(container) is { } network
            ? ProbeSocket.OpenIn(network, ipv6)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(HttpTarget.HostOf(ipv6).Trim('[', ']'), (int)port, cancellationToken);
            return CheckOutcome.Tcp(connected: true);
        }
        catch (SocketException exception)
        {
            return CheckOutcome.Tcp(connected: false, $"The check's connection to port {port} failed: {exception.Message}");
        }
    }

    /// <summary>Null: the container's loopback is the machine's.</summary>
    private ContainerNetwork? OwnNetworkOf(ContainerId container) =>
        _containers.KeyOf(container) is { } key && _runtime.NetworkOf(key) is { IsHost: false } network ? network : null;

    private static HttpClient ClientFor(ContainerNetwork? network)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            // Every check says for itself whether the task answers new callers.
            PooledConnectionLifetime = TimeSpan.Zero,
            // A check looks whether the task answers on loopback, where its certificate's name never matches;
            // Mesos runs curl -k here. Only a certificate that is missing altogether is refused.
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            },
        };
        if (network is not null)
        {
            handler.ConnectCallback = (context, cancellationToken) => ProbeSocket.ConnectAsync(network, context.DnsEndPoint, cancellationToken);
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Running a check of task {Task} broke")]
        public static partial void Broke(ILogger logger, Exception exception, string task);
    }
}
