using Plenum.Marathon.Definitions;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Matching;
using Plenum.Metronome.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Metronome.Runs;

/// <summary>Matches offers with the runs that wait, and launches: with the same eyes and hands as Marathon.</summary>
internal sealed class RunLauncher(CoreContext context, JobBook book, RunActions actions)
{
    private readonly AgentPlaces _agents = new();

    public string? HomeRegion { get; set; }

    /// <summary>Something waits that an offer would help.</summary>
    public bool WantsOffers => book.Waiting.Values.Any(run => !actions.IsDelayed(run));

    public void AgentLost(string agentId) => _agents.Lost(agentId);

    /// <summary>
    /// Rounds over the offers at hand: each takes a few runs a round, so that a burst spreads over the agents, until a
    /// round places nothing.
    /// </summary>
    public void Process(IReadOnlyList<Offer> offers)
    {
        var tables = offers.Select(offer => (Table: new OfferTable(offer, _agents.See(offer)), Refused: new HashSet<object>(ReferenceEqualityComparer.Instance)))
            .ToList();
        var apps = new Dictionary<RunKey, AppDefinition>();
        for (var more = true; more;)
        {
            more = false;
            foreach (var (table, refused) in tables)
            {
                more |= PlaceSome(table, refused, apps);
            }
        }

        foreach (var (table, _) in tables)
        {
            context.Send(table.Answer(context.Options.DeclineDuration));
        }
    }

    private bool PlaceSome(OfferTable table, HashSet<object> refused, Dictionary<RunKey, AppDefinition> apps)
    {
        var launched = 0;
        foreach (var key in book.Waiting.Values.ToList())
        {
            if (launched >= context.Options.MaxTasksPerOffer)
            {
                break;
            }

            // Runs of one job are alike: what did not fit for one need not be tried for the next.
            if (book.FindActive(key) is not { IsWaiting: true, Spec: { } spec } run || actions.IsDelayed(key) || refused.Contains(spec))
            {
                continue;
            }

            if (!apps.TryGetValue(key, out var app))
            {
                apps.Add(key, app = RunApp.Of(run, context.Options.Role, context.Options.DefaultNetworkName));
            }

            var match = OfferMatcher.Match(
                new MatchRequest(app, table.Offer, table.Place, PlacedInstances.None(), _agents.Counts, HomeRegion, context.Wall), table.Pool, context.Random);
            if (match is not OfferMatch.Fits fits)
            {
                refused.Add(spec);
                continue;
            }

            Launch(table, run, app, fits);
            launched++;
        }

        return launched > 0;
    }

    private void Launch(OfferTable table, JobRun run, AppDefinition app, OfferMatch.Fits fits)
    {
        // The form in which task ids of jobs have always been: the path, the run, and a number nobody else has.
        var id = $"{app.Id.SafePath}.{context.NewGuid():D}";
        table.Tasks.Add(TaskBuilder.Build(new TaskRequest(
            app, id, table.Place, fits.Ports, fits.Resources, EnvVarsPrefix: null, EnforceRole: false, context.Options.MesosBridgeName)));
        actions.Launched(run, new RunTask(id, context.Wall) { AgentId = table.Place.AgentId, Host = table.Place.Host });
    }
}
