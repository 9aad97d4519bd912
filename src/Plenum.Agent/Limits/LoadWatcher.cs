using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Limits;

/// <summary>
/// Ends containers that run on lent resources while the machine has too much to do. Runs only where the operator gave a
/// threshold.
/// </summary>
internal sealed partial class LoadWatcher : IAsyncDisposable
{
    private readonly AgentLoop _loop;
    private readonly LimitOptions _options;
    private readonly ILogger _logger;
    private readonly PeriodicLook _looks;

    public LoadWatcher(AgentLoop loop, LimitOptions options, TimeProvider clock, ILogger logger)
    {
        _loop = loop;
        _options = options;
        _logger = logger;
        _looks = new PeriodicLook("the load of the machine", options.LoadWatchInterval, LookAsync, clock, logger);
    }

    public void Start()
    {
        if (!_options.LoadPolicy.IsOff)
        {
            _looks.Start();
        }
    }

    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    private async Task LookAsync(CancellationToken stopping)
    {
        if (_options.LoadPolicy.Reason(_options.Load()) is not { } message)
        {
            return;
        }

        // Of a pod and of a custom executor the whole: the correction names an executor.
        foreach (var (_, executor) in (await _loop.SnapshotAsync(stopping)).Executors)
        {
            Resource[] lent =
            [
                .. executor.Info.Resources
                    .Concat(executor.Tasks.Where(static task => !task.Terminated).SelectMany(static task => task.Info.Resources))
                    .Where(static resource => resource.Revocable is not null),
            ];
            if (executor.State < ExecutorState.Terminated && lent.Length > 0)
            {
                Log.Preempted(_logger, executor.Container.Value, message);
                await _loop.PostAsync(new AgentCommand.ContainerLimited(
                    executor.Container, new ContainerLimitation(Reason.ContainerPreempted, message, lent)));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Container {Container} is ended: {Message}")]
        public static partial void Preempted(ILogger logger, string container, string message);
    }
}
