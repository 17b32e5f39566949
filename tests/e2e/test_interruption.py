"""Ctrl-C, SIGTERM and SIGKILL, in every phase: the right exit code, one line, and nothing left behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from recorder.recording import Recording
from replayer.from_recording import plan_of
from scenarios.finding import Finding
from scenarios.findings import write_finding
from scenarios.report.write import write_report
from scenarios.runfolder import Run

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are told by /proc"),
]

SEARCHED = 4  # executions; each resets booth and printer, as calm and shake did before
FINDING = 16  # executions in which the search meets what is planted
TWICE = "no ticket is printed twice"


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"it never came: {condition}"
        time.sleep(0.01)


def listening(pids: Iterable[int]) -> set[int]:
    """The ports on 127.0.0.1 that these processes listen at."""
    sockets = set()
    for descriptor in (path for pid in pids for path in Path("/proc").glob(f"{pid}/fd/*")):
        with contextlib.suppress(OSError):  # it was closed meanwhile
            sockets.add(str(descriptor.readlink()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].partition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Going:
    """A run of the booth under way; `resets` counts what the system noted of them."""

    def __init__(self, site: Any, speed: float, engine: str, executions: int = SEARCHED) -> None:
        self.journal = site.folder / "resets"
        site.write("booth.yaml", ("speed: 4", f"speed: {speed}"), ("executions: 16", f"executions: {executions}"))
        self.child = site.start("run", "booth.yaml", "--engine", engine, RESETS=str(self.journal))

    def after(self, resets: int) -> list[int]:
        """Its processes, once more executions than these have begun."""
        until(lambda: self.resets > resets or self.child.process.poll() is not None)
        assert self.child.process.poll() is None, self.child.end()
        return list(self.child.descendants())

    @property
    def resets(self) -> int:
        return len(self.journal.read_text().splitlines()) if self.journal.exists() else 0


IN_PHASE = {  # resets after which it has begun, how fast is replayed, phases that are over
    "calm": (0, 0.5, []),
    "shake": (2, 1, ["calm"]),
    "explore": (6, 4, ["calm", "shake"]),
    "minimise": (4 + 2 * FINDING, 4, ["calm", "shake"]),
}


@pytest.mark.parametrize(
    ("phase", "signum", "engine"),
    [
        ("calm", signal.SIGINT, "embedded"),
        ("shake", signal.SIGTERM, "embedded"),
        ("explore", signal.SIGINT, "embedded"),
        pytest.param("explore", signal.SIGTERM, "toxiproxy", marks=pytest.mark.toxiproxy),
        ("minimise", signal.SIGTERM, "embedded"),
    ],
)
def test_an_interrupted_run_ends_in_order_and_leaves_a_folder_that_reads(
    site: Any, phase: str, signum: signal.Signals, engine: str
) -> None:
    resets, speed, over = IN_PHASE[phase]
    going = Going(site, speed, engine, FINDING if phase == "minimise" else SEARCHED)
    processes = going.after(resets)
    ports = listening(processes)
    assert len(ports) >= 4  # of booths and printers, of links, of the proxy's control
    going.child.send(signum)
    code, out, err = going.child.end()
    assert err == f"foreshock: interrupted by {signum.name}: faults lifted, processes stopped\n", err
    assert code == 128 + signum
    assert going.child.descendants() == []
    assert not any(map(answers, ports))
    run = Run.open(site.run_folder)
    assert (run.record.result, [phase.name for phase in run.record.phases]) == ("interrupted", over)
    assert (f"kept     foreshock report runs/{site.run_folder.name}\n" in out) == bool(over)
    assert write_report(site.run_folder).exists()


def test_a_run_that_is_interrupted_while_it_starts_leaves_no_process(site: Any) -> None:
    going = Going(site, 4, "embedded")
    until(lambda: len(going.child.descendants()) > 1)
    going.child.send(signal.SIGTERM)
    code, _, err = going.child.end()
    assert (code, err) == (143, "foreshock: interrupted by SIGTERM: faults lifted, processes stopped\n")
    assert going.child.descendants() == []


def test_a_run_that_is_killed_leaves_only_the_proxy_healed_and_until_it_is_idle(site: Any) -> None:
    going = Going(site, 4, "embedded")
    going.after(6)
    going.child.send(signal.SIGKILL)
    assert going.child.end().code == -signal.SIGKILL
    until(lambda: all(map(_is_proxy, going.child.descendants())))
    (proxy,) = going.child.descendants()
    until(lambda: _healed(listening([proxy])))
    run = Run.open(site.run_folder)
    assert (run.record.result, run.record.reason) == ("interrupted", "it has not ended yet")
    assert write_report(site.run_folder).exists()
    os.kill(proxy, signal.SIGTERM)
    until(lambda: going.child.descendants() == [])


def _is_proxy(pid: int) -> bool:
    try:
        return b"faults.embedded" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return True


def _healed(ports: Iterable[int]) -> bool:
    """Whether every link is up and without a toxic, as the control API among the ports says."""
    for port in ports:
        with contextlib.suppress(OSError, http.client.HTTPException):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as control:
                control.request("GET", "/proxies")
                proxies = json.loads(control.getresponse().read())
            return len(proxies) == 2 and all(one["enabled"] and not one["toxics"] for one in proxies.values())
    return False


def test_reproducing_is_interrupted_in_order_too(site: Any) -> None:
    site.write("booth.yaml")
    plan = plan_of(Recording.open(site.recording), name="booth", seed=1, speed=0.1)
    finding = Finding(
        key="k", check=TWICE, title="t", message="m", phase="explore", hits=1, plan=plan, scenario="booth.yaml"
    )
    going = site.start("reproduce", str(write_finding(finding, site.folder)), "--engine", "embedded")
    going.reads("reproduce")
    going.send(signal.SIGINT)
    code, _, err = going.end()
    assert (code, err) == (130, "foreshock: interrupted by SIGINT: faults lifted, processes stopped\n")
    assert going.descendants() == []


def test_the_demo_is_interrupted_in_order_while_it_records(site: Any) -> None:
    going = site.start("demo", "--engine", "embedded")
    going.reads("record    60 customers")
    going.send(signal.SIGINT)
    code, _, err = going.end()
    assert (code, err) == (130, "foreshock: interrupted by SIGINT: faults lifted, processes stopped\n")
    assert going.descendants() == []
    (recording,) = (site.folder / "runs").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z-customers-1\.rec", recording.name)
