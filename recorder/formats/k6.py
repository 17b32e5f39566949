"""A k6 script that does a recording again: an iteration is a session, with the recorded pauses.

The steps stand in one array, a line each, inside of a SharedArray: k6 holds them once for all of its users.
"""

from collections.abc import Iterable, Iterator

from recorder.exchange import Exchange
from recorder.formats.steps import line_of, steps_of

_HEAD = b"""\
// Made by foreshock export. Run it against a system that is not production, with as many users as should be there:
//
//     k6 run -e TARGET=http://127.0.0.1:8000 -e USERS=10 THIS_FILE
//
// Each iteration is a recorded session: its requests in order, with the recorded client's pauses; -e SPEED=10 pauses a
// tenth. It ends when every session was sent once.
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import http from 'k6/http';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';

if (!__ENV.TARGET) {
  throw new Error('TARGET is not set: name the system that is to be asked, as in -e TARGET=http://127.0.0.1:8000');
}
const TARGET = __ENV.TARGET.replace(/\\/$/, '');
const SPEED = Number(__ENV.SPEED || 1);

const SESSIONS = new SharedArray('sessions', function () {
  const sessions = new Map();
  for (const step of recorded()) {
    if (!sessions.has(step.session)) {
      sessions.set(step.session, []);
    }
    sessions.get(step.session).push(step);
  }
  return Array.from(sessions.values());
});

export const options = {
  scenarios: {
    recorded: {
      executor: 'shared-iterations',
      vus: Math.min(Number(__ENV.USERS || 10), SESSIONS.length),
      iterations: SESSIONS.length,
      maxDuration: '24h',
    },
  },
};

export default function () {
  http.cookieJar().clear(TARGET);
  for (const step of SESSIONS[exec.scenario.iterationInTest]) {
    sleep(step.think_s / SPEED);
    const body = step.binary ? encoding.b64decode(step.body) : step.body || null;
    http.request(step.method, TARGET + step.target, body, {
      headers: step.headers,
      redirects: 0,
      tags: { name: `${step.method} ${step.name}` },
    });
  }
}

// The recorded steps, one a line.
function recorded() {
  return [
"""


def write(exchanges: Iterable[Exchange]) -> Iterator[bytes]:
    """The script, line by line."""
    yield _HEAD
    for step in steps_of(exchanges):
        yield b"    " + line_of(step) + b",\n"
    yield b"  ];\n}\n"
