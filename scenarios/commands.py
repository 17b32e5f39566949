"""What the commands do, each from its options to its exit code."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from faults.engine import Choice, control_api
from faults.healing import state_folder
from faults.remains import heal_journals, heal_server
from faults.toxiproxy import READ_S
from foreshock.clock import Anchor
from foreshock.errors import HarnessError, InvalidRun, UsageError
from foreshock.replacing import replace_file
from recorder.key import read_key
from recorder.recording import Recording
from recorder.redact import Redactor
from recorder.shape import (
    CHANGES_NAME,
    PAGE_NAME,
    changes_page,
    compare,
    is_sealed,
    learn,
    learnt,
    page,
    render,
    render_changes,
    store,
)
from recorder.verify import verify
from replayer.distributed.parent import WORKER
from scenarios.accepted import beside, read_accepted
from scenarios.elsewhere import check_can_show, pointed_at
from scenarios.finding import Finding
from scenarios.findings import read_finding
from scenarios.interrupt import run_async
from scenarios.judging import judging
from scenarios.kindlist import kind_text, kinds_text
from scenarios.loading import load_scenario
from scenarios.report.console import console_on
from scenarios.report.terminal import Terminal
from scenarios.report.wording import counted
from scenarios.report.write import write_report
from scenarios.reproduce import Reproduced, reproduce
from scenarios.resuming import scenario_of, unfinished
from scenarios.run import Order, run
from scenarios.runfolder import Run
from scenarios.scenario import Scenario
from scenarios.system import Pool


def show_shape(path: Path, *, html: Path | None = None) -> int:
    """Learns the shape, stores it in the recording as shape.json and as a page, and shows it."""
    recording = Recording.open(path)
    shape = learn(recording)
    store(shape, recording)
    render(shape, console_on(sys.stdout))
    _keep_page(path / PAGE_NAME, html, page(shape, path.name), sealed=is_sealed(recording))
    return 0


def show_changes(path: Path, against: Path, *, threshold: float, fail_over: int, html: Path | None) -> int:
    """Shows what changed since another recording, and keeps a page of it; 1 if more than so many changes count."""
    recordings = [Recording.open(each) for each in (against, path)]
    before, after = map(learnt, recordings)
    for each, shape in ((against, before), (path, after)):
        if not shape.exchanges:
            raise InvalidRun(f"recording={each}: holds no exchanges, so nothing can be compared; record again")
    comparison = compare(before, after, threshold)
    render_changes(comparison, console_on(sys.stdout))
    content = changes_page(comparison, against.name, path.name)
    _keep_page(path / CHANGES_NAME, html, content, sealed=any(map(is_sealed, recordings)))
    return int(len(comparison.counting) > fail_over)


def _keep_page(usual: Path, html: Path | None, content: str, *, sealed: bool) -> None:
    """Keeps the page where it is asked for, else at its usual place; there not if it is of a sealed recording."""
    if sealed and html is None:
        told = "a page is in the clear, and the recording is sealed; --html FILE writes one all the same"
        console_on(sys.stdout).print(f"no {usual.name}: {told}", soft_wrap=True)
        return
    path = html or usual
    try:
        replace_file(path, content.encode())
    except OSError as error:
        raise UsageError(f"html={path} cannot be written: {error.strerror}; name another with --html") from None
    told = f"page: {path}" + (" (in the clear, though the recording is sealed)" if sealed else "")
    console_on(sys.stdout).print(told, soft_wrap=True)


def verify_recording(path: Path, *, say: Callable[[str], object]) -> int:
    """0 if it is whole, 1 with a line for everything that is not."""
    proof = verify(path)
    for line in proof.lines:
        say(line)
    return 0 if proof.is_whole else 1


def run_scenario(
    path: Path, *, recording: Path | None, seed: int, executions: int | None, engine: Choice, runs: Path
) -> int:
    """0 if the run passed, 1 with findings, 3 if it could say nothing."""
    scenario = load_scenario(path, os.environ)
    source = recording or scenario.recording_path
    if source is None:
        raise UsageError(f"{path}: no recording: name one in the scenario (recording: NAME.rec) or with --recording")
    order = Order(
        scenario=scenario,
        accepted=read_accepted(beside(path)),
        recording=source,
        seed=seed,
        choice=engine_of(engine, scenario),
        runs=runs,
        command=_command(path, recording, seed, executions, engine),
        executions=executions,
    )
    return exit_code(run_async(run(order, Terminal.on(sys.stdout))).record.result)


def resume_run(path: Path, *, engine: Choice, runs: Path) -> int:
    """The same of a run that was stopped: what it caught and left unfinished is made small, without another search."""
    stopped = Run.open(path)
    scenario = load_scenario(scenario_of(stopped), os.environ)
    order = Order(
        scenario=scenario,
        recording=Path(stopped.record.recording),
        seed=stopped.record.seed,
        choice=engine_of(engine, scenario),
        runs=runs,
        command=f"foreshock run --resume {shlex.quote(str(path))}",
        resume=unfinished(stopped),
    )
    return exit_code(run_async(run(order, Terminal.on(sys.stdout))).record.result)


def engine_of(asked: Choice, scenario: Scenario) -> Choice:
    """What the command line says, unless it leaves it open."""
    return asked if asked != "auto" else scenario.engine


def exit_code(result: str) -> int:
    """Of a run's result."""
    return {"passed": 0, "findings": 1}.get(result, 3)


def work_for(host: str, port: int) -> int:
    """Becomes Locust's worker for the master there: Locust has to come first in a process of its own."""
    os.execv(sys.executable, [*WORKER, host, str(port)])  # noqa: S606  (our own interpreter; no shell)


def reproduce_finding(path: Path, *, scenario: Path | None, target: str | None, times: int, engine: Choice) -> int:
    """1 if the state came back, 0 if every run held, 3 if none of them could say."""
    finding = read_finding(path)
    system = _system_of(finding, path, scenario)
    if target is not None:
        system = pointed_at(system, target)
        check_can_show(system, finding)
    terminal = Terminal.on(sys.stdout)
    result = run_async(_reproduced(finding, system, times, engine_of(engine, system), terminal))
    terminal.reproduced(result, finding.title)
    if result.came_back:
        return 1
    return 3 if result.unknown == result.of else 0


async def _reproduced(
    finding: Finding, scenario: Scenario, times: int, choice: Choice, terminal: Terminal
) -> Reproduced:
    async with Pool.open(
        scenario,
        choice=choice,
        instances=min(scenario.instances, times),
        seed=finding.plan.header.seed,
        run=f"reproduce-{os.getpid()}",
        clock=Anchor.now().elapsed_s,
        redact=Redactor(read_key(None)).text,
    ) as pool:
        terminal.note(
            "reproduce",
            f"{counted(times, 'run')} of {counted(len(finding.plan.steps), 'request')}, faults by {pool.engine}",
        )
        runner = judging(pool, finding.world) if finding.world else pool.run
        return await reproduce(finding, runner, times)


def _system_of(finding: Finding, path: Path, scenario: Path | None) -> Scenario:
    file = scenario or Path(finding.scenario)
    if scenario is None and not file.is_file():
        named = f"it names {finding.scenario}, which is not here" if finding.scenario else "it names none"
        raise UsageError(f"{path}: no scenario to start the system with ({named}); give it with --scenario FILE")
    return load_scenario(file, os.environ)


def write_reports(folder: Path) -> int:
    """Prints the path of the page."""
    console_on(sys.stdout).print(str(write_report(folder)), soft_wrap=True)
    return 0


def show_kinds(name: str | None, *, say: Callable[[str], object]) -> int:
    """All kinds of faults, or the one of that name."""
    say(kinds_text() if name is None else kind_text(name))
    return 0


def heal_toxiproxy(url: str | None, *, everybodys: bool, say: Callable[[str], object]) -> int:
    """0 once nothing of any killed run is left; HarnessError naming what could not be undone, and why."""
    if everybodys and url is None:
        raise UsageError("--all: of which server? Give it with --toxiproxy URL")
    url = control_api(url, "--toxiproxy") if url is not None else None
    folder = state_folder(os.environ)
    looked = heal_journals(folder, READ_S, url)
    remains = [*looked.remains, *([heal_server(url, folder, READ_S, everybodys=everybodys)] if url else [])]
    for each in remains:
        for sentence in each.done:
            say(f"{each.of}: {sentence}")
    if looked.alive:
        say(f"left alone, because they are alive: {', '.join(looked.alive)}")
    if troubles := [each.trouble for each in remains if each.trouble]:
        raise HarnessError(f"not healed: {'; '.join(troubles)}; then run `foreshock heal` again")
    if any(each.done for each in remains):
        say("healed: nothing of a killed run shakes a link any more")
    else:
        say(f"nothing to heal: no killed run left anything{f' on {url}' if url else ''} (journals: {folder})")
    return 0


def _command(path: Path, recording: Path | None, seed: int, executions: int | None, engine: str) -> str:
    options = [f"--seed {seed}"]
    options += [f"--recording {shlex.quote(str(recording))}"] if recording else []
    options += [f"--executions {executions}"] if executions else []
    options += [f"--engine {engine}"] if engine != "auto" else []
    return " ".join(["foreshock run", shlex.quote(str(path)), *options])
