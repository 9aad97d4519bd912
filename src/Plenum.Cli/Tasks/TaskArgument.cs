using System.CommandLine;

namespace Plenum.Cli.Tasks;

internal static class TaskArgument
{
    public static Argument<string> Create() => new("TASK")
    {
        Description = "Id of the task, a part of it, or the id of an app with one instance.",
    };
}
