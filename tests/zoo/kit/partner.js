'use strict';
// A service's client of its partner: one connection a request, one bounded attempt. As kit/partner.py.

const http = require('node:http');

const PATIENCE = Number(process.env.ZOO_PATIENCE || 1);

/** No whole answer came: the partner may have done it, or not. */
class Unreachable extends Error {}

/** {status, json} of one request; json is null where there is no body. Throws Unreachable; a 5xx is one too. */
function ask(method, url, { payload, headers = {}, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Unreachable(`${method} ${url}: ${why}`));
    const sent = payload === undefined ? undefined : JSON.stringify(payload);
    const kind = sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
    const options = { method, agent: false, headers: { ...kind, ...headers }, signal: AbortSignal.timeout(timeoutMs * PATIENCE) };
    const request = http.request(url, options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', (error) => fail(error.message));
      answer.on('end', () => {
        if (answer.statusCode >= 500) return fail(answer.statusCode);
        try {
          const said = Buffer.concat(chunks).toString();
          return resolve({ status: answer.statusCode, json: said ? JSON.parse(said) : null });
        } catch (error) {
          return fail(error.message);
        }
      });
    });
    request.on('error', (error) => fail(error.message));
    request.end(sent);
  });
}

/** The trace that a request belongs to, to be passed on. */
function traced(headers) {
  return headers.traceparent ? { traceparent: headers.traceparent } : {};
}

module.exports = { Unreachable, ask, traced };
