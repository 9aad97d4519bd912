using System.Net.Http.Headers;
using System.Text.Json;
using Plenum.Cluster.Tests.Harness;
using Plenum.Metronome.Tests.Shell;

namespace Plenum.Cluster.Tests;

/// <summary>A job from its file to its history, with real processes, over the death of the server.</summary>
public sealed class JobLife
{
    [RootFact]
    public async Task A_job_is_added_runs_is_found_in_the_history_and_a_run_survives_kill_9_until_it_is_killed()
    {
        await using var cluster = await TestCluster.UpAsync();
        string first;
        using (var events = await EventsAsync(cluster))
        {
            // 1. The example, by the command line.
            var (code, output) = await cluster.PlenumAsync("job", "add", "examples/job.json");
            code.ShouldBe(0, output);
            (code, output) = await cluster.PlenumAsync("job", "run", "examples.greeting", "--env", "WHO=everybody");
            code.ShouldBe(0, output);
            var finished = await ManualAsync(events, "run_finished", static _ => true);
            finished.GetProperty("status").GetString().ShouldBe("SUCCESS", finished.GetRawText());
            first = finished.GetProperty("tasks")[0].GetProperty("id").GetString()!;
            (code, output) = await cluster.PlenumAsync("job", "history", "examples.greeting");
            code.ShouldBe(0, output);
            output.ShouldContain(first);
            (code, output) = await cluster.PlenumAsync("task", "log", first);
            code.ShouldBe(0, output);
            output.ShouldContain("hello everybody");

            // 2. A run that does not end by itself.
            (code, output) = await cluster.PlenumAsync("job", "run", "examples.greeting", "--cmd", "exec sleep 100000");
            code.ShouldBe(0, output);
            await ManualAsync(events, "run_updated", static run => run.GetProperty("tasks")[0].GetProperty("status").GetString() == "TASK_RUNNING");
        }

        // 3. Master, schedulers and agent die; the run does not, and nothing is forgotten.
        await cluster.KillServerAsync();
        using var after = await EventsAsync(cluster);
        var (known, history) = await cluster.PlenumAsync("job", "history", "examples.greeting");
        known.ShouldBe(0, history);
        history.ShouldContain(first);
        var (killed, text) = await cluster.PlenumAsync("job", "kill", "examples.greeting", "--all");
        killed.ShouldBe(0, text);
        var ended = await ManualAsync(after, "run_finished", static _ => true);
        (ended.GetProperty("status").GetString(), ended.GetProperty("message").GetString()).ShouldBe(("FAILED", "stopped on request"));
        ended.GetProperty("tasks").GetArrayLength().ShouldBe(1);
    }

    /// <summary>The next such event of a run that was asked for: the example's schedule may start runs of its own meanwhile.</summary>
    private static async Task<JsonElement> ManualAsync(JobEvents events, string type, Func<JsonElement, bool> isIt)
    {
        while (true)
        {
            var run = (await events.NextAsync(type)).GetProperty("run");
            if (run.GetProperty("cause").GetString() == "MANUAL" && isIt(run))
            {
                return run;
            }
        }
    }

    private static async Task<JobEvents> EventsAsync(TestCluster cluster)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        var response = await cluster.Metronome.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return new JobEvents(response, new StreamReader(await response.Content.ReadAsStreamAsync()), TimeSpan.FromMinutes(3));
    }
}
