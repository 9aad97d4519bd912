using System.CommandLine;
using Plenum.Server.Hosting;

namespace Plenum.Server.Commands;

/// <summary>Prints what the running cluster wrote down about its addresses.</summary>
internal static class WhereCommand
{
    public static Command Create()
    {
        var arguments = new NodeArguments();
        var command = new Command("where", "Print where the cluster of a state directory answers.") { arguments.State };
        command.SetAction(parsed =>
        {
            var text = Addresses.Read(arguments.Read(parsed).State);
            if (text is null)
            {
                Console.Error.WriteLine("plenumd: no cluster has been started from this state directory; use ./plenum up");
                return ExitCodes.Unavailable;
            }

            Console.Write(text);
            return ExitCodes.Success;
        });
        return command;
    }
}
