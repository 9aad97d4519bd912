using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Fetching;
using Plenum.Agent.Launching;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Operator;

/// <summary>LAUNCH, WAIT, KILL and REMOVE of containers, in the plain and the older nested spelling.</summary>
internal sealed class ContainerCalls(
    AgentLoop loop,
    IContainerRuntime runtime,
    ContainerDirector tasks,
    SessionRegistry sessions,
    NestedContainers nested)
{
    private const int Sigkill = 9;

    public async Task LaunchAsync(HttpContext context, Call.Types.LaunchContainer call)
    {
        if (await KeyOfAsync(context, call.ContainerId) is not { } key)
        {
            return;
        }

        if (nested.Knows(key) || tasks.KeyOf(new ContainerId(key.Value)) is not null)
        {
            await Answers.EmptyAsync(context, StatusCodes.Status202Accepted);
            return;
        }

        var problem = Problem(key, call);
        if (problem is not null)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, problem);
            return;
        }

        try
        {
            var isFirst = await nested.LaunchAsync(key, call, await loop.SnapshotAsync(context.RequestAborted), context.RequestAborted);
            await Answers.EmptyAsync(context, isFirst ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
        }
        catch (Exception exception) when (exception is ContainerLaunchException or FetchException or IOException or UnauthorizedAccessException)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, exception.Message);
        }
    }

    public async Task WaitAsync(HttpContext context, ContainerID id, bool oldSpelling, bool json)
    {
        if (await KeyOfAsync(context, id) is not { } key)
        {
            return;
        }

        ContainerExit? exit;
        using var given = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, nested.Stopping);
        try
        {
            exit = await ExitAsync(key, given.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Executors repeat it at 503 (mesos.md 6.10), and the next agent knows.
            await Answers.TextAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"The agent stops while container {key} runs on: ask again");
            return;
        }

        await (exit is null ? NotFoundAsync(context, key) : Answers.MessageAsync(context, Describe(exit, oldSpelling), json));
    }

    public async Task KillAsync(HttpContext context, ContainerID id, int? signal)
    {
        if (await KeyOfAsync(context, id) is not { } key)
        {
            return;
        }

        var number = signal ?? Sigkill;
        if (sessions.Find(key) is { } session)
        {
            session.Process.Signal(number);
        }
        else if (nested.Knows(key) || IsTask(key))
        {
            runtime.Signal(key, number);
        }
        else
        {
            await NotFoundAsync(context, key);
            return;
        }

        await Answers.EmptyAsync(context, StatusCodes.Status200OK);
    }

    public async Task RemoveAsync(HttpContext context, ContainerID id)
    {
        if (await KeyOfAsync(context, id) is not { } key)
        {
            return;
        }

        if (sessions.Find(key) is not null)
        {
            await Answers.TextAsync(context, StatusCodes.Status500InternalServerError, $"Container {key} still runs");
        }
        else if (sessions.Forget(key) || !nested.Knows(key) || await nested.RemoveAsync(key))
        {
            // An unknown one counts as removed already (mesos.md 3.8 knows no 404 here).
            await Answers.EmptyAsync(context, StatusCodes.Status200OK);
        }
        else
        {
            await Answers.TextAsync(context, StatusCodes.Status500InternalServerError, $"Container {key} still runs");
        }
    }

    private string? Problem(ContainerKey key, Call.Types.LaunchContainer call)
    {
        if (key.Parent is null)
        {
            return call.Container?.LinuxInfo is { HasShareCgroups: true, ShareCgroups: true }
                ? "A container without a parent cannot set 'share_cgroups' to 'true': there is nobody to share with"
                : call.Resources.Any(static resource =>
                resource.Revocable is not null || resource.Reservations.Count > 0 || resource.Disk?.Persistence is not null)
                ? "A standalone container takes unreserved, non-revocable resources without volumes only"
                : null;
        }

        if (nested.FindParent(key.Parent.ToWire()) is null)
        {
            return $"There is no parent container {key.Parent}";
        }

        return key.Depth > 2 && (call.Resources.Count > 0 || call.Limits.Count > 0 || call.Container?.LinuxInfo is { ShareCgroups: false })
            ? "Resources, limits and 'share_cgroups' set to 'false' are for containers of the first level"
            : null;
    }

    private async Task<ContainerExit?> ExitAsync(ContainerKey key, CancellationToken cancellationToken)
    {
        if (sessions.TryExitOf(key, out var session))
        {
            return await session.WaitAsync(cancellationToken);
        }

        if (nested.TryExitOf(key, out var exit))
        {
            return await exit.WaitAsync(cancellationToken);
        }

        return IsTask(key) ? await runtime.WaitAsync(key, cancellationToken) : null;
    }

    private bool IsTask(ContainerKey key) => tasks.KeyOf(new ContainerId(key.Value)) == key;

    private static Response Describe(ContainerExit exit, bool oldSpelling)
    {
        var wait = new Response.Types.WaitContainer();
        if (exit.WaitStatus is { } status)
        {
            wait.ExitStatus = status;
        }

        if (exit.OutOfMemory is { } memory)
        {
            wait.State = TaskState.TaskFailed;
            wait.Reason = TaskStatus.Types.Reason.ContainerLimitationMemory;
            wait.Limitation = new TaskResourceLimitation { Resources = { ContainerSpecs.Memory(memory.PeakBytes ?? memory.LimitBytes ?? 0) } };
        }

        if (exit.Reason is { } reason)
        {
            wait.Message = reason;
        }

        // Both messages have the same fields under the same numbers.
        return oldSpelling
            ? new Response
            {
                Type = Response.Types.Type.WaitNestedContainer,
                WaitNestedContainer = Response.Types.WaitNestedContainer.Parser.ParseFrom(wait.ToByteArray()),
            }
            : new Response { Type = Response.Types.Type.WaitContainer, WaitContainer = wait };
    }

    /// <summary>Null when the id is none and was answered as such.</summary>
    public static async Task<ContainerKey?> KeyOfAsync(HttpContext context, ContainerID id)
    {
        for (var part = id; part is not null; part = part.Parent)
        {
            if (!ContainerKey.IsValid(part.Value))
            {
                await Answers.TextAsync(
                    context,
                    StatusCodes.Status400BadRequest,
                    $"'{part.Value}' is no container id: at most {ContainerKey.MaxValueLength} letters, digits, '-' or '_'");
                return null;
            }
        }

        try
        {
            return ContainerKey.FromWire(id);
        }
        catch (ArgumentException)
        {
            await Answers.TextAsync(
                context,
                StatusCodes.Status400BadRequest,
                $"Containers nest at most {ContainerKey.MaxDepth} deep");
            return null;
        }
    }

    public static Task NotFoundAsync(HttpContext context, ContainerKey key) =>
        Answers.TextAsync(context, StatusCodes.Status404NotFound, $"Container {key} cannot be found");
}
