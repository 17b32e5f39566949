'use strict';
// HTTP as the zoo's services in Node see it: routes over one state that a reset replaces. As kit/web.py.

const http = require('node:http');

const DRAIN_MS = 5000;

/** Ends a request with `status` and one sentence for whoever sent it. */
class Refusal extends Error {
  constructor(status, message, more = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

/** 'GET /things/{id}' as its method and a pattern of paths. */
function compiled(label, handler) {
  const [method, template] = label.split(' ');
  const names = [...template.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  const pattern = template.split(/\{\w+\}/).map((part) => part.replace(/[.]/g, '\\.')).join('([^/]+)');
  return { method, names, pattern: new RegExp(`^${pattern}$`), handler };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(404, 'no such path');
  }
}

async function bodyOf(message) {
  const chunks = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The body as a JSON object; none is an empty one. Throws Refusal (400). */
function objectOf(body) {
  let found;
  try {
    found = JSON.parse(body.length ? body.toString() : '{}');
  } catch {
    throw new Refusal(400, 'the body is not JSON');
  }
  if (!found || typeof found !== 'object' || Array.isArray(found)) throw new Refusal(400, 'expected a JSON object');
  return found;
}

/** The field as trimmed text. Throws Refusal (422). */
function text(fields, name, longest = 200) {
  const value = fields[name];
  if (typeof value !== 'string' || !value.trim() || value.length > longest || /\0/.test(value)) {
    throw new Refusal(422, `${name}: expected text of 1 to ${longest} characters`);
  }
  return value.trim();
}

/** The cookie's value; '' where there is none. */
function cookie(headers, name) {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([each]) => each === name)?.[1] ?? '';
}

/**
 * Handlers get {body, params, query, headers, state} and give [status, payload, headers]; null is no payload.
 * POST /reset waits for what is under way, then makes a new state. GET /healthz answers as long as anything does.
 */
class App {
  constructor(makeState, routes) {
    this.makeState = makeState;
    this.routes = Object.entries(routes).map(([label, handler]) => compiled(label, handler));
    this.state = makeState();
    this.underWay = 0;
  }

  async answer(message) {
    const body = await bodyOf(message);
    const url = new URL(message.url, 'http://zoo');
    const wanted = `${message.method} ${url.pathname}`;
    if (wanted === 'GET /healthz') return [200, { status: 'up' }];
    if (wanted === 'POST /reset') return this.reset();
    this.underWay += 1;
    try {
      return await this.routed(message, url, body);
    } finally {
      this.underWay -= 1;
    }
  }

  async routed(message, url, body) {
    let known = false;
    for (const { method, names, pattern, handler } of this.routes) {
      const found = url.pathname.match(pattern);
      known ||= found !== null;
      if (found && method === message.method) {
        const params = Object.fromEntries(names.map((name, at) => [name, decoded(found[at + 1])]));
        const query = Object.fromEntries(url.searchParams);
        return handler({ body: objectOf(body), params, query, headers: message.headers, state: this.state });
      }
    }
    throw known ? new Refusal(405, 'not with this method') : new Refusal(404, 'no such path');
  }

  async reset() {
    for (let waited = 0; this.underWay > 0; waited += 5) {
      if (waited > DRAIN_MS) throw new Refusal(503, 'requests are still under way');
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    this.state = this.makeState();
    return [200, { status: 'reset' }];
  }
}

function serve(app, port) {
  const server = http.createServer(async (message, response) => {
    let status, payload, headers;
    try {
      [status, payload, headers] = await app.answer(message);
    } catch (error) {
      if (message.destroyed && !message.complete) return; // a client that hung up is its own business
      if (!(error instanceof Refusal)) console.log(`ERROR ${message.method} ${message.url}: ${error.stack}`);
      [status, payload] = [error.status ?? 500, { error: error.status ? error.message : 'internal error', ...error.more }];
    }
    const said = payload === null ? '' : JSON.stringify(payload);
    const kind = payload === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(said) };
    response.writeHead(status, { ...kind, ...headers });
    response.end(said);
  });
  server.keepAliveTimeout = 120_000;
  server.listen(Number(port), '127.0.0.1');
}

/** --port 8080 --partner URL as {port: '8080', partner: URL}. */
function args() {
  const found = {};
  for (let at = 2; at < process.argv.length; at += 2) found[process.argv[at].replace(/^--/, '')] = process.argv[at + 1];
  return found;
}

const FIXED = process.env.ZOO_FIXED === '1';

module.exports = { App, FIXED, Refusal, args, cookie, serve, text };
