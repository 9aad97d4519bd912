// The dashboard's client, @dcos/mesos-client: one GET call, then the event stream until an event of the
// type that is named has come. Prints one JSON line for everything it hears.
"use strict";

require("./browser.cjs");
const { request, stream } = require("@dcos/mesos-client");
const [url, until] = process.argv.slice(2);
const say = (what, more) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const fail = (where) => (error) => {
  say("error", { where, error });
  process.exit(1);
};

request({ type: "GET_AGENTS" }, url).subscribe({
  next: (body) => say("answer", { answer: JSON.parse(body) }),
  error: fail("request"),
  complete: () =>
    stream({ type: "SUBSCRIBE" }, url).subscribe({
      next: (record) => {
        const event = JSON.parse(record);
        say("event", { event });
        if (event.type === until) {
          process.exit(0);
        }
      },
      error: fail("stream"),
      complete: fail("the stream ended"),
    }),
});
