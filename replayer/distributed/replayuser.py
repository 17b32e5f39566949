"""What Locust counts as a user: a worker's engine, which has all the sessions of its share."""

from __future__ import annotations

from gevent.event import Event
from locust import User, task


class Replay(User):
    """Holds on until Locust stops it: the engine, not Locust, says when what is sent."""

    fixed_count = 0

    @task
    def hold(self) -> None:
        Event().wait()
