using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Scheduler;
using Plenum.Protocol.Identity;

namespace Plenum.Master.Operator;

/// <summary>Removes a framework with all its tasks, for both operator APIs.</summary>
internal sealed class Teardown(KernelLoop loop, SchedulerStreams streams)
{
    public async Task HandleAsync(HttpContext context, string? frameworkId)
    {
        if (string.IsNullOrEmpty(frameworkId))
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, "Missing 'frameworkId'");
            return;
        }

        if (!streams.TryGetFramework(frameworkId, out _))
        {
            await Answers.TextAsync(
                context, HttpStatusCode.BadRequest, $"No framework found with ID {frameworkId}");
            return;
        }

        await loop.SubmitAsync(
            new KernelCommand.TeardownFramework(new FrameworkId(frameworkId)), context.RequestAborted);

        // The answer says that it is done and durable, not merely queued.
        await loop.SnapshotAsync(context.RequestAborted);

        // mesos-go takes a 200 with a Content-Type for an answer with a body.
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentLength = 0;
    }
}
