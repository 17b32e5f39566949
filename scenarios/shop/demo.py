"""`foreshock demo`: the whole road on the shop. The one part of Foreshock that knows what is planted there.

Records customers through `foreshock record`, shows the shape, runs the scenario, and says whether the demonstration did
what it should: at least four of the five found, and the right early signal for the leak; with every mend on, nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from faults.engine import Choice
from foreshock.clock import Anchor
from foreshock.errors import HarnessError
from scenarios.commands import show_shape
from scenarios.finding import Finding
from scenarios.interrupt import run_async
from scenarios.loading import load_scenario
from scenarios.report.terminal import Terminal
from scenarios.run import Order, run
from scenarios.scenario import Scenario
from scenarios.system import Pool
from scenarios.warden import Warden

SCENARIO = Path(__file__).with_name("shop.yaml")
CUSTOMERS = 60
SECONDS = 12
_RECORDER_S = 20.0  # loading mitmproxy takes a second; a busy machine takes more
_WANTED = 4  # of the five

_LEAK = "customers can pay once the network is well"
_EARLY_SIGNALS = ("payments_pool_in_use", "timed out")  # the gauge that creeps, the warning that grows


def run_demo(*, seed: int, fixed: bool, engine: Choice, runs: Path) -> int:
    """0 when the demonstration did what it should, 1 when it did not."""
    runs.mkdir(parents=True, exist_ok=True)
    os.environ["SHOP_FIXED"] = "1" if fixed else "0"
    return run_async(_demo(seed, fixed, engine, runs, Terminal.on(sys.stdout)))


async def _demo(seed: int, fixed: bool, engine: Choice, runs: Path, terminal: Terminal) -> int:
    scenario = load_scenario(SCENARIO, os.environ)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    recording = runs / f"{stamp}-customers-{seed}.rec"
    await _record(scenario, recording, seed, terminal)
    show_shape(recording)
    command = f"foreshock demo --seed {seed}{' --fixed' if fixed else ''}"
    found = await run(
        Order(scenario=scenario, recording=recording, seed=seed, choice=engine, runs=runs, command=command), terminal
    )
    shortcomings = _shortcomings(found.findings, fixed)
    for shortcoming in shortcomings:
        terminal.note("demo", shortcoming)
    if not shortcomings:
        terminal.note("demo", "the demonstration did what it should")
    return 1 if shortcomings else 0


def _shortcomings(findings: Sequence[Finding], fixed: bool) -> list[str]:
    """What the demonstration did not do, a sentence each."""
    if fixed:
        return [f"the mended shop should give no finding, and gave: {finding.title}" for finding in findings]
    checks = {finding.check for finding in findings}
    said = []
    if len(checks) < _WANTED:
        said.append(f"found {len(checks)} of the five that are planted; expected at least {_WANTED}")
    if not any(_forewarned(finding) for finding in findings if finding.check == _LEAK):
        said.append(f"no early signal was named for {_LEAK!r}; expected one of {', '.join(_EARLY_SIGNALS)}")
    return said


def _forewarned(finding: Finding) -> bool:
    lead = finding.lead
    return lead is not None and any(
        name in moved.signal for moved in lead.moved for name in _EARLY_SIGNALS if moved.lead_s and moved.lead_s > 0
    )


async def _record(scenario: Scenario, out: Path, seed: int, terminal: Terminal) -> None:
    """The shop started, its customers recorded into `out`, the shop stopped."""
    anchor = Anchor.now()
    async with Pool.open(
        scenario,
        choice="embedded",
        instances=1,
        seed=seed,
        run="record",
        clock=lambda: anchor.since_s(Anchor.now().monotonic_s),
        redact=str,
    ) as pool:
        with Warden() as warden:
            recorder = await _Recorder.start(pool.targets[0], out, warden)
            try:
                terminal.note("record", f"{CUSTOMERS} customers shop for {SECONDS} s through the recorder")
                await _shop(recorder.url, seed, terminal, warden)
                said = await recorder.stop()
            finally:
                recorder.kill()
    terminal.note("record", said)


async def _shop(url: str, seed: int, terminal: Terminal, warden: Warden) -> None:
    arguments = ["--target", url, "--seed", seed, "--customers", CUSTOMERS, "--seconds", SECONDS]
    customers = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "scenarios.shop.customers", *map(str, arguments),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    warden.watch(customers.pid)
    with terminal.progress("record", SECONDS) as bar:
        said = asyncio.ensure_future(customers.communicate())
        try:
            for second in range(10 * SECONDS):
                bar.update(min(second, SECONDS), "customers are shopping")
                if (await asyncio.wait([said], timeout=1.0))[0]:
                    break
            output, _ = await asyncio.wait_for(said, timeout=SECONDS)
        finally:
            if customers.returncode is None:
                customers.kill()
                await customers.wait()
    if customers.returncode != 0:
        raise HarnessError(f"the customers failed: {output.decode(errors='replace').strip().splitlines()[-1:]}")


class _Recorder:
    """`foreshock record` as a child process."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    @classmethod
    async def start(cls, upstream: str, out: Path, warden: Warden) -> _Recorder:
        arguments = ["record", "--upstream", upstream, "--listen", "127.0.0.1:0", "-o", str(out)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "scenarios.cli", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        warden.watch(process.pid)
        assert process.stdout is not None
        try:
            ready = (await asyncio.wait_for(process.stdout.readline(), _RECORDER_S)).decode().strip()
        except BaseException:
            process.kill()
            raise
        if not ready.startswith("recording http"):
            process.kill()
            raise HarnessError(f"the recorder did not start: {ready or 'it said nothing'}")
        return cls(process, ready.split()[1])

    async def stop(self) -> str:
        """What the recorder said at its end: the counts."""
        self._process.send_signal(signal.SIGINT)
        output, _ = await asyncio.wait_for(self._process.communicate(), _RECORDER_S)
        last = output.decode(errors="replace").strip().splitlines()[-1:]
        if self._process.returncode != 0:
            raise HarnessError(f"the recorder failed: {last}")
        return last[0] if last else ""

    def kill(self) -> None:
        """For the ways out that did not stop it."""
        if self._process.returncode is None:
            self._process.kill()
