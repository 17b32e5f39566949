"""What is not plain HTTP/1.1, through the whole of it: recorded by `foreshock record` over TLS from real clients
(switchboard_callers.py), and replayed on a fresh server (switchboard.py) that makes other ids."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from recorder.recording import Recording
from replayer.compare import compare
from replayer.engine import replay
from replayer.from_recording import plan_of
from replayer.outcome import History, Outcome
from replayer.plan import Plan
from replayer.target import Target, Tls

HERE = Path(__file__).parent
EXCHANGES = 15 + 1 + 1 + 1  # orders made, looked at and paid; events; an upload; a WebSocket
SCRIPT = [sys.executable, "-P"]


class Recorded(NamedTuple):
    path: Path
    notes: list[str]  # of the server that was recorded


@contextlib.contextmanager
def switchboard(pem: Path, notes: Path) -> Iterator[str]:
    """A fresh one; its URL."""
    server = subprocess.Popen([*SCRIPT, HERE / "switchboard.py", pem, notes], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"https://localhost:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.communicate(timeout=10)


def foreshock(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SCRIPT, "-m", "scenarios.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def recorded(localhost_pem: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("recorded")
    with switchboard(localhost_pem, folder / "notes") as upstream:
        tls = ("--cert", localhost_pem, "--upstream-ca", localhost_pem)
        recorder = foreshock(
            *("record", "--upstream", upstream, "--listen", "127.0.0.1:0", "-o", folder / "a.rec", *tls)
        )
        try:
            assert recorder.stdout is not None
            port = recorder.stdout.readline().split()[1].rpartition(":")[2]
            callers = HERE / "switchboard_callers.py"
            subprocess.run([*SCRIPT, callers, port, localhost_pem], check=True, timeout=30)
        finally:
            recorder.terminate()
            said = recorder.communicate(timeout=20)[0]
    assert f"{EXCHANGES} seen, {EXCHANGES} stored" in said
    return Recorded(folder / "a.rec", sorted((folder / "notes").read_text().splitlines()))


@pytest.fixture(scope="module")
def plan(recorded: Recorded) -> Plan:
    return plan_of(Recording.open(recorded.path), name="switchboard", seed=1)


class Replayed(NamedTuple):
    history: History
    notes: list[str]  # of the server that it went to

    def outcomes(self, path: str) -> list[Outcome]:
        return [outcome for outcome in self.history.outcomes if path in outcome.route]


@pytest.fixture(scope="module")
def replayed(plan: Plan, localhost_pem: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    notes = tmp_path_factory.mktemp("replayed") / "notes"
    with switchboard(localhost_pem, notes) as url:
        target = Target.parse(url, Tls(ca_file=str(localhost_pem)))
        history = asyncio.run(replay(plan.header, plan.steps, target))
    return Replayed(history, sorted(notes.read_text().splitlines()))


@pytest.mark.e2e
def test_every_protocol_is_answered_as_it_was_and_the_server_met_the_same(
    recorded: Recorded, replayed: Replayed
) -> None:
    comparison = compare(replayed.history)
    assert comparison.not_sent == ()
    assert (comparison.compared, comparison.same_status) == (EXCHANGES, EXCHANGES), comparison.rows
    assert [outcome.step for outcome in replayed.history.outcomes if outcome.attempts[-1].error] == []
    assert replayed.notes == recorded.notes


@pytest.mark.e2e
def test_streams_of_one_connection_are_under_way_at_once_and_ask_for_the_fresh_servers_ids(replayed: Replayed) -> None:
    made, looked_at, paid = (
        [json.loads(outcome.answer.body)["id"] for outcome in replayed.outcomes(path) if outcome.answer]
        for path in ("POST /orders", "GET /orders/", "POST /payments")
    )
    assert len(set(made)) == 5
    assert sorted(made) == sorted(looked_at) == sorted(paid)
    assert "h2 connection of 15 streams, 5 at once" in replayed.notes
    over = {attempt.protocol for outcome in replayed.outcomes("/orders") for attempt in outcome.attempts}
    assert over == {"h2"}


@pytest.mark.e2e
def test_a_websocket_says_its_answers_after_the_questions_and_hears_as_many_messages(
    plan: Plan, replayed: Replayed
) -> None:
    (step,) = [step for step in plan.steps if step.protocol == "websocket"]
    (outcome,) = replayed.outcomes("/questions")
    assert outcome.answer is not None
    heard = [message.body for message in outcome.answer.messages]
    assert heard == [message.body.raw for message in step.messages if message.body and not message.from_client]
    assert heard[-1] == b"thanks"
    assert outcome.answer.close_code == 1000


@pytest.mark.e2e
def test_every_event_of_a_stream_comes_and_each_at_its_time(replayed: Replayed) -> None:
    (outcome,) = replayed.outcomes("/events")
    assert outcome.answer is not None
    assert outcome.answer.body.count(b"data: tick") == 4
    assert outcome.ended_s is not None
    assert outcome.first_byte_s is not None
    assert outcome.ended_s - outcome.first_byte_s >= 0.09  # three pauses


@pytest.mark.e2e
def test_an_upload_waits_for_its_100_and_ends_in_its_trailers(plan: Plan, replayed: Replayed) -> None:
    (step,) = [step for step in plan.steps if "/uploads" in step.route]
    assert (step.request.chunked, step.request.expects, step.request.trailers) == (True, True, (("X-Size", "12"),))
    (outcome,) = replayed.outcomes("/uploads")
    assert outcome.status == 201


@pytest.mark.e2e
def test_the_command_tells_how_late_it_was_and_sends_nothing_to_a_target_that_it_cannot_trust(
    recorded: Recorded, localhost_pem: Path, tmp_path: Path
) -> None:
    ask = ("replay", recorded.path, "--runs", tmp_path / "runs", "--target")
    with switchboard(localhost_pem, tmp_path / "notes") as url:
        doubting = foreshock(*ask, url)
        said = doubting.communicate(timeout=60)[0]
        assert doubting.returncode == 3, said
        assert "the target answered none of 8 requests (tls)" in said
        assert "CERTIFICATE_VERIFY_FAILED" in said
        trusting = foreshock(*ask, url, "--ca", localhost_pem)
        said = trusting.communicate(timeout=60)[0]
    assert trusting.returncode == 0, said
    assert f"answered  {EXCHANGES} of {EXCHANGES} with the recorded status (100 %)" in said
    assert "fidelity  sent late by p50 " in said
    assert sorted((tmp_path / "notes").read_text().splitlines()) == recorded.notes  # and nothing before
