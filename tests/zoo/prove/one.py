"""One case, recorded and searched, in a process of its own: what came of it as JSON in a file.

`python -P one.py NAME --seed N --for-s S --runs FOLDER --result FILE [--fixed]`
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from prove.case import ZOO
from prove.recording import record
from prove.result import Found, One

from foreshock.errors import ForeshockError
from scenarios.finding import Finding
from scenarios.findings import read_findings
from scenarios.interrupt import run_async
from scenarios.loading import load_scenario
from scenarios.report.progress import Advance
from scenarios.report.terminal import Terminal
from scenarios.run import Order, Ran, run
from scenarios.scenario import Scenario

_SEARCH_SHARE = 0.6  # of the time: the rest is for the calm replay and for making small what was caught


class Watched(Terminal):
    """A terminal that notes when the search first said that a check was violated."""

    first_s: float | None = None  # on the monotonic clock
    first_executions: int | None = None

    @contextmanager
    def progress(self, name: str, total: int | None = None) -> Iterator[Advance]:  # type: ignore[override]
        with super().progress(name, total) as shown:
            yield _Noting(self, shown) if name == "explore" else shown


class _Noting:
    def __init__(self, terminal: Watched, shown: Advance) -> None:
        self._terminal = terminal
        self._shown = shown

    def update(self, done: int, detail: str = "") -> None:
        if detail and self._terminal.first_s is None:
            self._terminal.first_s, self._terminal.first_executions = time.monotonic(), done
        self._shown.update(done, detail)


def main() -> None:
    asked = _asked()
    os.environ["ZOO_FIXED"] = str(int(asked.fixed))
    twin = "fixed" if asked.fixed else "planted"
    recording = asked.runs / f"{asked.name}-{twin}-{os.getpid()}.rec"
    clients = record(asked.name, recording, fixed=asked.fixed, seed=asked.seed)
    scenario = _limited(load_scenario(ZOO / asked.name / "scenario.yaml", os.environ), asked.for_s)
    terminal = Watched.on(sys.stdout)
    assert isinstance(terminal, Watched)
    began_s = time.monotonic()
    order = Order(
        scenario=scenario,
        recording=recording,
        seed=asked.seed,
        choice="embedded",
        runs=asked.runs,
        command="make prove",
    )
    try:
        ran = run_async(run(order, terminal))
    except ForeshockError as error:
        one = One(clients=clients, trouble=str(error), took_s=time.monotonic() - began_s)
    else:
        one = _of(ran, clients, terminal, began_s)
    asked.result.write_bytes(msgspec.json.encode(one))


def _limited(scenario: Scenario, for_s: float) -> Scenario:
    """The scenario with a search that lasts as long as is asked for, and nothing declared to hold."""
    if scenario.invariants:
        raise SystemExit(f"{scenario.file}: expected no invariant: the zoo is for oracles")
    explore = msgspec.structs.replace(scenario.explore, for_=f"{_SEARCH_SHARE * for_s:g}s", executions=1_000_000)
    return msgspec.structs.replace(scenario, explore=explore)


def _of(ran: Ran, clients: str, terminal: Watched, began_s: float) -> One:
    record = ran.record
    calm, search = record.phases[0] if record.phases else None, record.search
    folder = ran.report.parent
    return One(
        clients=clients,
        folder=str(folder),
        trouble="" if record.result in ("passed", "findings") else f"{record.result}: {record.reason}",
        took_s=time.monotonic() - began_s,
        first_s=None if terminal.first_s is None else terminal.first_s - began_s,
        first_executions=terminal.first_executions,
        executions=search.executions if search else 0,
        all_executions=search.executions + search.minimising + search.evidence if search else 0,
        calm_same=calm.same_status if calm else 0,
        calm_compared=calm.compared + calm.not_sent if calm else 0,
        dropped=tuple(each.check for each in search.dropped) if search else (),
        found=tuple(_found(finding) for finding in read_findings(folder / "findings")),
    )


def _found(finding: Finding) -> Found:
    evidence = finding.evidence
    return Found(
        key=finding.key,
        check=finding.check,
        message=finding.message,
        phase=finding.phase,
        hint=finding.hint,
        routes=tuple(step.route for step in finding.plan.steps),
        steps=len(finding.plan.steps),
        faults=tuple(fault.kind for fault in finding.plan.header.faults),
        fails=evidence.fails if evidence else 0,
        of=evidence.of if evidence else 0,
        control_fails=evidence.control_fails if evidence else 0,
        control_of=evidence.control_of if evidence else 0,
    )


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--for-s", type=float, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
