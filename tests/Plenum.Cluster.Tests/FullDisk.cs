using System.Net;
using System.Text;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Cluster.Tests;

/// <summary>A state directory on a small disk that fills up under a running cluster.</summary>
public sealed class FullDisk
{
    /// <summary>Room for the agent's reserve (16 MB), what it insists on for a start (32 MB), and a little.</summary>
    private const int Megabytes = 72;

    [RootFact]
    public async Task A_full_disk_refuses_new_work_keeps_what_runs_and_what_was_answered_and_is_over_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(Megabytes);
        await using var cluster = await TestCluster.UpAsync(state: Path.Combine(disk.Path, "state"));
        await using (var events = await cluster.EventsAsync())
        {
            await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/kept","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
            await events.WaitForTaskAsync("/kept", "TASK_RUNNING");
            disk.Fill(leaveMegabytes: 8);

            // The agent's disk: the reason is the task's, and the machine goes on.
            await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/refused","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
            await events.WaitForTaskAsync("/refused", "TASK_FAILED");
            (await cluster.PlenumAsync("app", "show", "refused")).Output.ShouldContain("disk is full");
        }

        var task = await TaskAsync(cluster, "/kept");

        // The registry's disk: at some request there is no room left, and that one says so.
        disk.Fill(leaveMegabytes: 0);
        var answered = new List<string>();
        HttpStatusCode status;
        var number = 0;
        while (true)
        {
            var id = $"/many-{number++}";
            number.ShouldBeLessThan(10_000, "the disk never became full");
            using var body = new StringContent(
                $$$"""{"id":"{{{id}}}","cmd":"x","instances":0,"labels":{"filler":"{{{new string('x', 20_000)}}}"}}""", Encoding.UTF8, "application/json");
            using var answer = await cluster.Marathon.PostAsync("/v2/apps", body);
            status = answer.StatusCode;
            if (status != HttpStatusCode.Created)
            {
                break;
            }

            answered.Add(id);
        }

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        disk.Empty();
        await cluster.AnswersAsync();

        var apps = (await cluster.GetAsync("/v2/apps")).GetProperty("apps").EnumerateArray().Select(app => app.GetProperty("id").GetString()).ToHashSet();
        answered.ShouldAllBe(id => apps.Contains(id));
        (await TaskAsync(cluster, "/kept")).ShouldBe(task);
        cluster.Log().ShouldContain("disk is full");
    }

    private static async Task<string?> TaskAsync(TestCluster cluster, string app) =>
        (await cluster.GetAsync($"/v2/apps{app}/tasks")).GetProperty("tasks").EnumerateArray().Single().GetProperty("id").GetString();
}
