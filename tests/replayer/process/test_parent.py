"""The engine in a process of its own does what the engine does; whatever becomes of it is told, and nothing stays."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator

import msgspec
import pytest
import uvloop

from foreshock.clock import Anchor
from foreshock.errors import HarnessError, UsageError
from replayer.outcome import Outcome
from replayer.plan import Budget, Header, Step
from replayer.process.frames import Kind, frame
from replayer.process.job import Done, Job
from replayer.process.parent import COMMAND, EngineProcess
from replayer.target import Target, Tls

HEADER = Header(name="p")


async def ran(
    steps: Iterable[Step],
    target: Target,
    header: Header = HEADER,
    *,
    stop: asyncio.Event | None = None,
    meanwhile=lambda engine, outcome: None,
) -> tuple[list[Outcome], Done, int]:
    """(outcomes, what was said at the end, the process's exit)."""
    outcomes: list[Outcome] = []

    async with EngineProcess.started() as engine:

        def one_more(outcome: Outcome) -> None:
            outcomes.append(outcome)
            meanwhile(engine, outcome)

        done = await engine.run(Job(header=header, target=target), steps, one_more, stop or asyncio.Event())
    return outcomes, done, engine.exit_code


def of(url: str) -> Target:
    return Target.parse(url)


def test_outcomes_come_back_with_their_answers_and_the_replay_s_own_error(serving, says, response, step):
    async def check():
        async with serving(says(response(b'{"id":7}'))) as server:
            steps = [
                step(f"s{n}", n / 200, bound=((("json:$.id"), "s0", "json:$.id"),) if n else (), body='{"id":1}')
                for n in range(40)
            ]
            return await ran(steps, of(server.url)), server.requests

    (outcomes, done, code), requests = asyncio.run(check())
    assert [outcome.step for outcome in sorted(outcomes, key=lambda one: one.due_s)] == [f"s{n}" for n in range(40)]
    assert {outcome.answer.body for outcome in outcomes} == {b'{"id":7}'}
    assert sum(b'{"id":7}' in request for request in requests) == 39
    assert done.fidelity.sent == 40 and done.fidelity.lateness.p50_s >= 0 and done.cpu_s > 0
    assert code == 0


def test_steps_are_read_a_bounded_way_ahead(serving, says, response, step):
    read = 0

    def steps() -> Iterator[Step]:
        nonlocal read
        for number in range(20_000):
            read += 1
            yield step(f"s{number}", 0.0 if number == 0 else 3600.0, body="x" * 2000)

    async def check():
        stop = asyncio.Event()
        async with serving(says(response())) as server:
            return await ran(steps(), of(server.url), stop=stop, meanwhile=lambda *_: stop.set())

    outcomes, _, code = asyncio.run(check())
    assert outcomes[0].step == "s0" and read < 10_000
    assert code == 0


def test_when_told_to_stop_it_ends_what_is_under_way_and_sends_no_more(serving, response, step):
    async def check():
        stop, asked = asyncio.Event(), asyncio.Event()

        async def slow(_, writer):
            asked.set()
            await stop.wait()
            writer.write(response())

        async def stop_once_asked():
            await asked.wait()
            stop.set()

        async with serving(slow) as server:
            stopping = asyncio.create_task(stop_once_asked())
            told = await ran([step("s1"), step("s2", 3600.0)], of(server.url), stop=stop)
            await stopping
            return told

    outcomes, _, _ = asyncio.run(check())
    met = {outcome.step: outcome for outcome in outcomes}
    assert met["s1"].status == 200
    assert "s2" not in met or met["s2"].not_sent.startswith("stopped")


def test_when_told_to_stop_amid_the_reading_of_a_plan_it_ends_as_ever(serving, says, response, step):
    def slowly_read() -> Iterator[Step]:
        for number in range(2_000):
            time.sleep(0.002)
            yield step(f"s{number}", number / 10)

    async def check():
        stop = asyncio.Event()
        async with serving(says(response())) as server:
            return await ran(slowly_read(), of(server.url), stop=stop, meanwhile=lambda *_: stop.set())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the command line has it
        outcomes, _, code = runner.run(check())
    assert outcomes[0].status == 200
    assert code == 0


def test_an_engine_that_dies_is_our_failure_with_its_last_words(serving, says, response, step):
    async def check():
        async with serving(says(response())) as server:
            steps = [step("s1"), step("s2", 3600.0)]
            await ran(steps, of(server.url), meanwhile=lambda engine, _: os.kill(engine.pid, signal.SIGKILL))

    with pytest.raises(HarnessError, match="engine ended by signal 9 before its work was done"):
        asyncio.run(check())


def test_an_engine_that_cannot_start_says_why(monkeypatch):
    async def check():
        command = [sys.executable, "-P", "-c", "raise SystemExit('no such thing')"]
        async with EngineProcess.started(command) as engine:
            await engine.run(Job(header=HEADER, target=of("http://127.0.0.1:1")), [], lambda _: None, asyncio.Event())

    with pytest.raises(HarnessError, match=r"ended with exit 1 .*: no such thing"):
        asyncio.run(check())


def test_what_is_the_user_s_to_mend_stays_that(step, tmp_path):
    target = Target.parse("https://127.0.0.1:1", Tls(ca_file=str(tmp_path / "none.pem")))
    with pytest.raises(UsageError, match=r"none\.pem"):
        asyncio.run(ran([step("s1")], target))


def test_what_the_steps_raise_is_raised_after_what_was_under_way(serving, says, response, step):
    ended: list[str] = []

    def steps() -> Iterator[Step]:
        yield step("s1")
        raise UsageError("torn")

    async def check():
        async with serving(says(response())) as server:
            await ran(steps(), of(server.url), meanwhile=lambda _, outcome: ended.append(outcome.step))

    with pytest.raises(UsageError, match="torn"):
        asyncio.run(check())


JOB = frame(Kind.JOB, msgspec.msgpack.encode(Job(header=HEADER, target=Target.parse("http://127.0.0.1:1"))))
LATER = frame(
    Kind.STEP,
    msgspec.msgpack.encode(
        {"id": "s", "due_s": 3600, "session": "a", "route": "GET /", "request": {"method": "GET", "target": "/"}}
    ),
)


@pytest.mark.parametrize("said", [[], [JOB], [JOB, LATER], [JOB, LATER, frame(Kind.END)]])
def test_it_is_gone_when_nobody_is_there_any_more(said):
    """Its owner was killed amid a plan: the pipe ends without a word."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(b"".join(said))
        child.stdin.close()
        assert child.wait(timeout=20) == 1
        assert child.stdout.read() == b""


def test_the_clock_begins_when_the_engine_is_there_however_long_it_took_to_start(serving, says, response, step):
    begun: list[Anchor] = []

    async def check():
        start = "import time; time.sleep(1); from replayer.process.child import main; main()"
        async with (
            serving(says(response())) as server,
            EngineProcess.started([sys.executable, "-P", "-c", start]) as engine,
        ):
            asked_s, job = time.monotonic(), Job(header=HEADER, target=of(server.url))
            done = await engine.run(job, [step("s1")], lambda _: None, asyncio.Event(), begun.append)
            return done, asked_s

    done, asked_s = asyncio.run(check())
    assert begun == [done.anchor]
    assert done.anchor.monotonic_s - asked_s > 1
    assert done.fidelity.lateness.max_s < done.anchor.monotonic_s - asked_s


def test_a_budget_that_the_job_names_holds(serving, response, step):
    async def check():
        async def never(_, writer):
            await asyncio.Event().wait()

        async with serving(never) as server:
            header = Header(name="p", budget=Budget(step_timeout_s=0.1))
            return await ran([step("s1")], of(server.url), header)

    outcomes, _, _ = asyncio.run(check())
    assert outcomes[0].attempts[0].error == "timeout"
