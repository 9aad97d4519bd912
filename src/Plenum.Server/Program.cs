using System.CommandLine;
using Plenum.Server.Commands;

var root = new RootCommand("plenumd: the server program of Plenum. Every role is in it; ./plenum up starts a whole cluster on one machine.")
{
    UpCommand.Create(),
    MasterCommand.Create(),
    AgentCommand.Create(),
    CleanCommand.Create(),
    WhereCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"plenumd: {error.Message}");
    }

    Console.Error.WriteLine("plenumd --help lists what there is.");
    return Plenum.Server.ExitCodes.Usage;
}

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
