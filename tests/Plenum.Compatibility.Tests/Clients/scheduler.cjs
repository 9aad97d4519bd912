// A framework on mesos-framework: launches, is told, kills, reconciles, tears down. Prints one JSON line for
// everything it hears; what is right is judged by the test that runs it.
"use strict";

const [host, port, logs] = process.argv.slice(2);
const { Scheduler, Mesos } = require("mesos-framework");
const mesos = Mesos.getMesos();
const say = (what, more) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");

const scheduler = new Scheduler({
  masterUrl: host,
  port: Number(port),
  frameworkName: "compatibility",
  logging: { level: "error", path: logs, fileName: "mesos-framework.log" },
  // Killed tasks are launched again by the library itself.
  restartStates: ["TASK_KILLED"],
  tasks: {
    sleeper: {
      priority: 1,
      instances: 2,
      commandInfo: new mesos.CommandInfo(null, null, true, "echo port $PORT0; exec sleep 100000", null, null),
      resources: { cpus: 0.1, mem: 32, ports: 1, disk: 0 },
    },
  },
});

const running = new Set();
let stage = "launch";

scheduler.on("ready", () => scheduler.subscribe());
scheduler.on("subscribed", (about) => say("subscribed", about));
scheduler.on("heartbeat", () => say("heartbeat"));
scheduler.on("offers", (offers) => say("offers", { offers: offers.offers }));
scheduler.on("sent_accept", () => say("sent_accept"));
scheduler.on("sent_acknowledge", () => say("sent_acknowledge"));
scheduler.on("error", (error) => say("error", { message: error.message || String(error) }));
scheduler.on("sent_teardown", () => {
  say("sent_teardown");
  process.exit(0);
});

scheduler.on("update", (update) => {
  const status = update.status;
  const id = status.task_id.value;
  say("update", { status });
  if (status.state === "TASK_RUNNING") {
    running.add(id);
  } else {
    running.delete(id);
  }

  if (stage === "launch" && running.size === 2) {
    stage = "kill";
    scheduler.kill(id, status.agent_id.value);
  } else if (stage === "kill" && status.state === "TASK_KILLED") {
    stage = "relaunch";
    scheduler.revive();
  } else if (stage === "relaunch" && running.size === 2) {
    stage = "reconcile";
    say("reconciling", { running: [...running] });
    running.clear();
    scheduler.reconcile();
  } else if (stage === "reconcile" && running.size === 2) {
    stage = "done";
    scheduler.teardown();
  }
});
