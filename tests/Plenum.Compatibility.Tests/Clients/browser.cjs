// The part of a browser's XMLHttpRequest that @dcos/connections uses, over node's http.
"use strict";

const http = require("http");

globalThis.XMLHttpRequest = class XMLHttpRequest {
  #listeners = new Map();
  #headers = {};
  #request;
  status = 0;
  statusText = "";
  response = "";
  responseType = "";
  timeout = 0;

  get responseText() {
    return this.response;
  }

  addEventListener(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  open(method, url) {
    this.#request = http.request(url, { method }, (answer) => {
      this.status = answer.statusCode;
      this.statusText = answer.statusMessage;
      answer.setEncoding("utf8");
      answer.on("data", (text) => {
        this.response += text;
        this.#tell("progress");
      });
      answer.on("end", () => this.#tell("load"));
      answer.on("error", () => this.#tell("error"));
    });
    this.#request.on("error", () => this.#tell("error"));
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  send(body) {
    for (const [name, value] of Object.entries(this.#headers)) {
      this.#request.setHeader(name, value);
    }

    this.#request.end(body);
  }

  abort() {
    this.#request.destroy();
  }

  #tell(name) {
    for (const listener of this.#listeners.get(name) ?? []) {
      listener({ target: this });
    }
  }
};
