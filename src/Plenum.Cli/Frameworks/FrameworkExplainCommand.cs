using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Frameworks;

/// <summary>Why a framework gets no offers: the master's own answer, in words.</summary>
internal sealed class FrameworkExplainCommand : BaseCommand
{
    private readonly Argument<string> _framework = new("FRAMEWORK")
    {
        Description = "A framework's id, or its name when only one has it.",
    };

    public FrameworkExplainCommand(CliHost host)
        : base(host, "explain", "Say why a framework gets no offers, agent by agent.", json: true) => Arguments.Add(_framework);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var word = arguments.GetRequiredValue(_framework);
        var frameworks = (await run.Master.FrameworksAsync(cancellationToken)).Items("frameworks").ToList();
        var found = frameworks.Where(framework => framework.Text("id") == word).ToList();
        found = found.Count > 0 ? found : frameworks.Where(framework => framework.Text("name") == word).ToList();
        if (found.Count != 1)
        {
            throw found.Count == 0
                ? new CommandFailure(ExitCodes.NotFound, $"there is no framework '{word}'", "./plenum framework list shows what there is")
                : new CommandFailure(ExitCodes.Usage, $"{found.Count} frameworks are called '{word}'", "give the id");
        }
        var explanation = await run.Master.ExplainAsync(found[0].Text("id"), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(explanation);
            return ExitCodes.Success;
        }
        run.Display.Line($"{explanation.Text("name")} ({explanation.Text("id")})");
        foreach (var remark in FrameworkExplanation.Remarks(explanation))
        {
            run.Display.Line(remark);
        }
        foreach (var role in explanation.Items("roles"))
        {
            FrameworkExplanation.Show(run.Display, role);
        }
        return ExitCodes.Success;
    }
}
