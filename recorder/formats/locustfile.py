"""A Locust file that does a recording again: a user takes the next session, and waits between requests as was recorded.

The steps stand as comments behind the program, a JSON line each, so that neither this writer nor Python's parser needs
to hold them; Locust reads them when it starts.
"""

from collections.abc import Iterable, Iterator

from recorder.exchange import Exchange
from recorder.formats.steps import line_of, steps_of

_PROGRAM = b'''\
"""Made by foreshock export. Run it against a system that is not production, with as many users as should be there:

    locust -f THIS_FILE --headless -u 10 -r 10 --host http://127.0.0.1:8000

Each user takes the next recorded session and sends its requests in order, pausing as the recorded client did;
FORESHOCK_SPEED=10 pauses a tenth. It ends when every session was sent once; FORESHOCK_LOOP=1 begins again instead.
"""

import base64
import json
import os
from itertools import groupby

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser

SPEED = float(os.environ.get("FORESHOCK_SPEED", "1"))
LOOP = os.environ.get("FORESHOCK_LOOP", "") not in ("", "0")


def read_sessions():
    """Lists of steps, in the order in which the sessions began."""
    sessions = {}
    with open(__file__, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#{"):
                step = json.loads(line[1:])
                sessions.setdefault(step["session"], []).append(step)
    return list(sessions.values())


SESSIONS = read_sessions()
_turn = iter(())
_under_way = 0


@events.test_start.add_listener
def begin(environment, **_):
    global _turn, _under_way
    _turn, _under_way = iter(SESSIONS), 0


class RecordedUser(FastHttpUser):
    max_redirects = 0  # the recording holds the requests that followed a redirect

    @task
    def session(self):
        global _turn, _under_way
        steps = next(_turn, None)
        if steps is None and LOOP:
            _turn = iter(SESSIONS)
            steps = next(_turn, None)
        if steps is None:
            if not _under_way:
                self.environment.runner.quit()
            raise StopUser
        _under_way += 1
        try:
            self.client.client.cookiejar.clear()  # another client
            for step in steps:
                gevent.sleep(step["think_s"] / SPEED)
                self.send(step)
        finally:
            _under_way -= 1

    def send(self, step):
        body = step.get("body", "")
        data = base64.b64decode(body) if step.get("binary") else body.encode()
        self.client.request(
            step["method"],
            step["target"],
            name=step["name"],
            data=data or None,
            headers=step["headers"],
            allow_redirects=False,
        )


# The recorded steps, one a line.
'''


def write(exchanges: Iterable[Exchange]) -> Iterator[bytes]:
    """The file, line by line."""
    yield _PROGRAM
    for step in steps_of(exchanges):
        yield b"#" + line_of(step) + b"\n"
