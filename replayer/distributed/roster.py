"""Who takes part: Locust's workers as they come, and how far each one's clock is from the master's."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import gevent
from gevent.event import Event
from locust.runners import MasterRunner

from foreshock.errors import HarnessError
from replayer.distributed import words
from replayer.distributed.clocks import Echo, Offset, offset

_ASKS = 20  # of each worker's clock
_ANSWER_S = 10.0
_LOOK_S = 0.05


class Member(NamedTuple):
    worker: str  # its name at the master
    clock: Offset


class Roster:
    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._echoes: dict[str, list[Echo]] = {}
        self._heard = Event()
        runner.register_message(words.CLOCK, self._hear)

    def gathered(self, workers: int, wait_s: float) -> list[Member]:
        """So many workers, in the order they came. Raises HarnessError where they don't come, or don't answer."""
        until_s = time.monotonic() + wait_s
        while len(self._runner.clients.ready) < workers:
            if time.monotonic() > until_s:
                came = len(self._runner.clients.ready)
                raise HarnessError(
                    f"workers: {came} of {workers} came within {wait_s:g} s; on each machine: "
                    f"`foreshock worker --master HOST:{self._runner.server.port}`, HOST being this one's name there"
                )
            gevent.sleep(_LOOK_S)
        names = [client.id for client in self._runner.clients.ready[:workers]]
        for name in names:
            for _ in range(_ASKS):
                self._runner.send_message(words.ASK, {"asked_s": time.monotonic()}, name)
        until_s = time.monotonic() + _ANSWER_S
        while silent := [name for name in names if len(self._echoes.get(name, ())) < _ASKS]:
            self._heard.clear()
            if not self._heard.wait(until_s - time.monotonic()):
                raise HarnessError(f"workers: {', '.join(silent)} did not say what its clock says; start it again")
        return [Member(name, offset(self._echoes[name])) for name in names]

    def _hear(self, environment: object, msg: Any) -> None:
        echo = Echo(msg.data["asked_s"], msg.data["theirs_s"], time.monotonic())
        self._echoes.setdefault(msg.node_id, []).append(echo)
        self._heard.set()
