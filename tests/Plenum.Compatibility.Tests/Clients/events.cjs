// marathon-event-bus-client: listens to the types of events that are named, until it is ended. Prints one JSON line for
// everything it hears; the library itself subscribes again when the connection breaks.
"use strict";

const MarathonEventBusClient = require("marathon-event-bus-client");
const [marathonHost, marathonPort, ...eventTypes] = process.argv.slice(2);
const say = (what, more) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const handlers = {};
for (const type of eventTypes) {
  handlers[type] = (name, event) => say("event", { type: name, event });
}

const client = new MarathonEventBusClient({ marathonHost, marathonPort, eventTypes, handlers });
client.on("subscribed", () => say("subscribed"));
client.on("error", () => say("interrupted"));
client.subscribe();
