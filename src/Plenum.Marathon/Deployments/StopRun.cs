using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;

namespace Plenum.Marathon.Deployments;

/// <summary>Ends every instance of a removed service, then forgets the service.</summary>
internal sealed class StopRun(CoreContext context, PathId app, InstanceBook book, InstanceActions actions, BackoffBook backoffs)
    : IActionRun
{
    public PathId App => app;

    public bool Advance()
    {
        actions.DecommissionAll(app);
        if (!book.Of(app).Instances.IsEmpty)
        {
            return false;
        }

        book.Forget(app);
        backoffs.Reset(app);
        context.Publish(new MarathonEvent.AppTerminated(context.Now, app));
        return true;
    }
}
