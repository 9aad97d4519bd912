using System.Text.Json;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Nodes;

public sealed class NodeListTests : CliTest
{
    [Fact]
    public async Task Nodes_are_a_table_with_what_is_used_of_them()
    {
        Cluster.Answer("GET", "/mesos/state-summary", """
            {"slaves":[
              {"id":"S1","hostname":"b","pid":"slave(1)@10.0.0.2:5051","active":true,"resources":{"cpus":4.0,"mem":1024,"disk":10},"used_resources":{"cpus":0.30000000000000004,"mem":64,"disk":0},"TASK_RUNNING":3},
              {"id":"S0","hostname":"a","pid":"slave(1)@10.0.0.1:5051","active":false,"resources":{"cpus":2}},
              {"id":"S2","hostname":"c","pid":"slave(1)@10.0.0.3:5051","active":true,"deactivated":true,"drain_info":{}}]}
            """);
        (await Cluster.RunAsync("node", "list")).ShouldBe(new CliRun(0, """
            HOST   ADDRESS         STATE         TASKS   CPUS    MEM       DISK   ID
            a      10.0.0.1:5051   unreachable   0       0/2     0/0       0/0    S0
            b      10.0.0.2:5051   active        3       0.3/4   64/1024   0/10   S1
            c      10.0.0.3:5051   draining      0       0/0     0/0       0/0    S2

            """, ""));
        using var json = JsonDocument.Parse((await Cluster.RunAsync("node", "list", "--json")).Output);
        json.RootElement.GetArrayLength().ShouldBe(3);
    }
}
