using System.Net;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Master.Tests.Metrics;

/// <summary>The names of mesos.md 7, each there from the first moment, and values that follow what happens.</summary>
public sealed class MetricNamesTests
{
    [Fact]
    public async Task Every_name_that_dashboards_ask_for_is_there_from_the_start()
    {
        await using var master = await TestMaster.StartAsync();
        var metrics = await master.GetJsonAsync("/metrics/snapshot");
        var missing = Names().Where(name => !metrics.TryGetProperty(name, out _)).ToList();
        missing.ShouldBeEmpty();
    }

    [Fact]
    public async Task Operations_are_counted_by_kind_while_they_last_and_by_their_end()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:1;mem:64");
        await using var framework = await master.FrameworkAsync(with: static info =>
        {
            info.Roles.Clear();
            info.Roles.Add("eng");
            return info;
        });
        var offer = await framework.OfferAsync();
        var reserved = TestFramework.Scalar("cpus", 0.5);
        reserved.Reservations.Add(new Resource.Types.ReservationInfo { Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = "eng" });
        await framework.TakenAsync(new Call
        {
            Type = Call.Types.Type.Accept,
            Accept = new Call.Types.Accept
            {
                OfferIds = { offer.Id },
                Operations =
                {
                    new Offer.Types.Operation
                    {
                        Type = Type.Reserve,
                        Reserve = new Offer.Types.Operation.Types.Reserve { Resources = { reserved } },
                    },
                },
            },
        });
        var apply = (await agent.NextAsync(MasterMessage.MessageOneofCase.ApplyOperation)).ApplyOperation;
        var metrics = await master.GetJsonAsync("/metrics/snapshot");
        foreach (var name in (string[])["total", "pending", "reserve/total", "reserve/pending"])
        {
            metrics.GetProperty($"master/operations/{name}").GetDouble().ShouldBe(1, name);
        }

        (await agent.SendAsync(new AgentMessage
        {
            OperationUpdate = new AgentMessage.Types.OperationUpdate
            {
                FrameworkId = framework.Id,
                OperationUuid = apply.OperationUuid,
                Status = new OperationStatus
                {
                    State = OperationState.OperationFinished,
                    AgentId = agent.Id,
                    Uuid = new UUID { Value = Google.Protobuf.ByteString.CopyFrom(Guid.NewGuid().ToByteArray()) },
                },
            },
        })).ShouldBe(HttpStatusCode.Accepted);
        await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeOperation);
        metrics = await master.GetJsonAsync("/metrics/snapshot");
        foreach (var (name, value) in ((string, double)[])
        [
            ("operations/total", 0), ("operations/pending", 0), ("operations/finished", 1), ("operations/reserve/finished", 1),
            ("operations/reserve/total", 0), ("operations/create/finished", 0), ("valid_operation_status_updates", 1),
            ("invalid_operation_status_updates", 0), ("messages_operation_status_update", 1),
        ])
        {
            metrics.GetProperty($"master/{name}").GetDouble().ShouldBe(value, name);
        }
    }

    [Fact]
    public async Task Updates_acknowledgements_and_messages_count_as_valid_or_not_and_removals_by_their_reason()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync(with: static info =>
        {
            info.Principal = "ops team";
            return info;
        });
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        await agent.UpdateAsync(framework.Id, "t1", TaskState.TaskRunning);
        await agent.UpdateAsync(new FrameworkID { Value = "unknown" }, "t1", TaskState.TaskRunning);
        var status = (await framework.NextAsync(Event.Types.Type.Update)).Update.Status;
        await framework.AcknowledgeAsync(status);
        status.AgentId = new AgentID { Value = "unknown" };
        await framework.AcknowledgeAsync(status);
        foreach (var to in (string[])[agent.Id.Value, "unknown"])
        {
            await framework.TakenAsync(new Call
            {
                Type = Call.Types.Type.Message,
                Message = new Call.Types.Message
                {
                    AgentId = new AgentID { Value = to },
                    ExecutorId = new ExecutorID { Value = "e" },
                    Data = Google.Protobuf.ByteString.CopyFromUtf8("x"),
                },
            });
        }

        (await agent.SendAsync(new AgentMessage { Unregister = new AgentMessage.Types.Unregister() })).ShouldBeOneOf(HttpStatusCode.Accepted, HttpStatusCode.Gone);
        await Until.TrueAsync("the agent is gone", async () =>
            (await Metric("master/slaves_connected")) == 0);
        (await agent.SendBytesAsync([])).ShouldBe(HttpStatusCode.Gone);
        var metrics = await master.GetJsonAsync("/metrics/snapshot");
        foreach (var (name, least) in ((string, double)[])
        [
            ("master/valid_status_updates", 1), ("master/invalid_status_updates", 1),
            ("master/valid_status_update_acknowledgements", 1), ("master/invalid_status_update_acknowledgements", 1),
            ("master/valid_framework_to_executor_messages", 1), ("master/invalid_framework_to_executor_messages", 1),
            ("master/slave_removals", 1), ("master/slave_removals/reason_unregistered", 1), ("master/dropped_messages", 1),
            ("frameworks/ops%20team/messages_received", 5),
        ])
        {
            metrics.GetProperty(name).GetDouble().ShouldBeGreaterThanOrEqualTo(least, name);
        }

        metrics.GetProperty("master/slave_removals/reason_unhealthy").GetDouble().ShouldBe(0);
        metrics.GetProperty("registrar/registry_size_bytes").GetDouble().ShouldBeGreaterThan(100);

        async Task<double> Metric(string name) => (await master.GetJsonAsync("/metrics/snapshot")).GetProperty(name).GetDouble();
    }

    [Fact]
    public async Task The_size_of_the_registry_is_that_of_what_the_store_holds_also_after_a_restart()
    {
        var store = new TestStore();
        double first;
        await using (var master = await TestMaster.StartAsync(store))
        {
            await using var agent = await master.AgentAsync();
            first = (await master.GetJsonAsync("/metrics/snapshot")).GetProperty("registrar/registry_size_bytes").GetDouble();
            first.ShouldBeGreaterThan(0);
        }

        await using var next = await TestMaster.StartAsync(store);
        (await next.GetJsonAsync("/metrics/snapshot")).GetProperty("registrar/registry_size_bytes").GetDouble().ShouldBe(first);
    }

    private static IEnumerable<string> Names()
    {
        foreach (var name in (string[])["cpus", "gpus", "mem", "disk"])
        {
            foreach (var part in (string[])["total", "used", "percent"])
            {
                yield return $"master/{name}_{part}";
                yield return $"master/{name}_revocable_{part}";
            }
        }

        var states = new[] { "total", "pending", "recovering", "unreachable", "finished", "failed", "error", "dropped", "gone_by_operator" };
        foreach (var kind in (string[])["", "reserve/", "unreserve/", "create/", "destroy/", "grow_volume/", "shrink_volume/", "create_disk/", "destroy_disk/"])
        {
            foreach (var state in states)
            {
                yield return $"master/operations/{kind}{state}";
            }
        }

        foreach (var kind in (string[])["status_updates", "status_update_acknowledgements", "framework_to_executor_messages", "executor_to_framework_messages", "operation_status_updates", "operation_status_update_acknowledgements"])
        {
            yield return $"master/valid_{kind}";
            yield return $"master/invalid_{kind}";
        }

        var rest = """
            elected uptime_secs slaves_active slaves_inactive slaves_connected slaves_disconnected slaves_unreachable
            slave_registrations slave_reregistrations slave_removals slave_removals/reason_unhealthy
            slave_removals/reason_unregistered slave_removals/reason_registered slave_unreachable_scheduled
            slave_unreachable_completed slave_unreachable_canceled recovery_slave_removals frameworks_active frameworks_inactive frameworks_connected
            frameworks_disconnected outstanding_offers tasks_staging tasks_starting tasks_running tasks_killing
            tasks_unreachable tasks_finished tasks_failed tasks_killed tasks_error tasks_lost tasks_dropped tasks_gone
            tasks_gone_by_operator messages_register_framework messages_reregister_framework
            messages_unregister_framework messages_kill_task messages_status_update
            messages_status_update_acknowledgement messages_reconcile_tasks messages_reconcile_operations
            messages_decline_offers messages_launch_tasks messages_revive_offers messages_suppress_offers
            messages_resource_request messages_framework_to_executor messages_executor_to_framework
            messages_register_slave messages_reregister_slave messages_unregister_slave messages_update_slave
            messages_exited_executor messages_operation_status_update
            messages_operation_status_update_acknowledgement dropped_messages event_queue_messages
            event_queue_dispatches operator_event_stream_subscribers http_cache_hits
            """;
        foreach (var name in rest.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return $"master/{name}";
        }

        foreach (var name in (string[])["state_fetch_ms", "queued_operations", "registry_size_bytes", "log/recovered", "log/ensemble_size"])
        {
            yield return $"registrar/{name}";
        }

        foreach (var name in (string[])["cpus_total", "load_1min", "load_5min", "load_15min", "mem_total_bytes", "mem_free_bytes"])
        {
            yield return $"system/{name}";
        }
    }
}
