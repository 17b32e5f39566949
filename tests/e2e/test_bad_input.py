"""What users and their machines get wrong: one line that says what, where and the mend, and the right exit code."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scenarios.cli import main

pytestmark = pytest.mark.e2e

Foreshock = Callable[..., tuple[int, str, str]]

RUN = ("run", "booth.yaml", "--engine", "embedded")
ELSEWHERE = """\
version: 1
name: elsewhere
target: http://ADDRESS
recording: RECORDING
replay: {speed: 8}
invariants:
  - {name: it is up, http: {get: "http://ADDRESS/"}, expect: status == 200}
"""


@pytest.fixture
def foreshock(site: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Foreshock:
    """The command line in the site's folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(site.folder)

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return call


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that another program listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def free() -> str:
    """An address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def refused(ended: tuple[int, str, str], code: int, problem: str) -> None:
    """Ended with this code and with one line on stderr in which `problem`, a pattern, is found."""
    assert (ended[0], ended[2].count("\n"), ended[2][:11]) == (code, 1, "foreshock: "), ended
    assert re.search(problem, ended[2]), ended[2]


# What the scenario says


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("invariants:", "invariant:", r"booth\.yaml:\d+: invariant: .*did you mean 'invariants'\?"),
        ("kind: slow,", "kind: slwo,", r"booth\.yaml:\d+: faults\[0\]\.kind='slwo': .*did you mean 'slow'\?"),
        (
            "latency_ms: 30",
            "latency: 30",
            r"booth\.yaml:\d+: faults\[0\]\.latency: slow: .*did you mean 'latency_ms'\?",
        ),
        ("link: printer,", "link: prnter,", r"booth\.yaml:\d+: faults\[0\]\.link='prnter': .*did you mean 'printer'\?"),
        ("{speed: 4}", "{speed: fast}", r"booth\.yaml:\d+: replay\.speed='fast': expected a number above 0"),
        ("settle: 20ms", "settle: 20", r"booth\.yaml:\d+: settle=20: expected a duration such as '20s' or '500ms'"),
        (
            "${links.printer.url}",
            "${links.printr.url}",
            r"booth\.yaml:\d+: .*did you mean '\$\{links\.printer\.url\}'\?",
        ),
        ("size(rows) == 0", "size(row) == 0", r"booth\.yaml:\d+: invariants\[0\]\.expect.*did you mean 'rows'\?"),
        ("size(rows) == 0", "size(rows == 0", r"booth\.yaml:\d+: invariants\[0\]\.expect.*not a CEL expression"),
        ("faults: [lost_reply]", "faults: [lost_reply", r"booth\.yaml:\d+: .*expected ',' or ']'"),
        ('"${processes.booth.url}"\n', "http://shop.example\n", r"booth\.yaml:\d+: target=.*not on the allow-list"),
    ],
)
def test_a_typo_in_the_scenario_is_said_at_its_line(
    site: Any, foreshock: Foreshock, old: str, new: str, problem: str
) -> None:
    site.write("booth.yaml", (old, new))
    refused(foreshock(*RUN), 2, problem)
    assert not (site.folder / "runs").exists()


def test_a_process_that_can_not_be_started_is_named(site: Any, foreshock: Foreshock) -> None:
    site.write("booth.yaml", ("command: [python, -P, BOOTH, booth,", "command: [pyhton, BOOTH, booth,"))
    refused(foreshock(*RUN), 3, "process booth: command 'pyhton' was not found")


def test_a_process_that_ends_at_once_is_named_with_its_last_words(site: Any, foreshock: Foreshock) -> None:
    site.write("booth.yaml", ("command: [python, -P, BOOTH, booth,", "command: [python, -P, BOOTH, bootth,"))
    refused(
        foreshock(*RUN),
        3,
        r"process booth exited with code 1 before it was ready; its last words: .*KeyError: 'bootth'",
    )


# Files that are not what they should be


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("run gone.yaml", r"gone\.yaml"),
        ("run .", r"\."),
        ("run noise", "noise"),
        ("shape gone.rec", r"recording gone\.rec does not exist; make it with: foreshock record"),
        ("shape noise", "recording noise is a file; a recording is a folder"),
        ("shape .", r"\. is not a recording: it holds no manifest\.json; make one with: foreshock record"),
        ("reproduce gone.yaml", r"gone\.yaml"),
        ("reproduce booth.yaml", r"booth\.yaml:\d+: format: expected format: foreshock-finding at the top"),
        ("report gone", r"gone: no run\.json here; expected a folder that `foreshock run` made"),
        ("report noise", r"noise: no run\.json here; expected a folder that `foreshock run` made"),
    ],
)
def test_a_file_that_is_missing_or_something_else_is_named(
    site: Any, foreshock: Foreshock, line: str, problem: str
) -> None:
    site.write("booth.yaml")
    (site.folder / "noise").write_bytes(b"\xff\xfe\x00 noise")
    refused(foreshock(*line.split()), 2, problem)


def test_a_missing_recording_says_how_to_make_one(site: Any, foreshock: Foreshock) -> None:
    site.write("booth.yaml", ("recording: RECORDING", "recording: booth.rec"))
    problem = (
        r"recording \S+/booth\.rec does not exist; make it with: foreshock record --upstream URL -o \S+/booth\.rec"
    )
    refused(foreshock(*RUN), 2, problem)


def torn(site: Any, keep_bytes: Callable[[int], int]) -> None:
    """A copy of the recording in the site's folder whose last segment ends early."""
    copy = Path(shutil.copytree(site.recording, site.folder / "torn.rec"))
    last = max(copy.glob("*.zst"))
    last.write_bytes(last.read_bytes()[: keep_bytes(last.stat().st_size)])


def test_a_torn_recording_is_run_up_to_the_tear_and_that_is_said(site: Any, foreshock: Foreshock) -> None:
    torn(site, lambda size: size - 20)
    site.write("booth.yaml", ("recording: RECORDING", "recording: torn.rec"), ("executions: 16", "executions: 0"))
    code, out, err = foreshock(*RUN)
    assert (code, err) == (0, ""), err
    lines = [line for line in out.splitlines() if line.startswith("torn")]
    assert re.search(r"exchanges-00001\.jsonl\.zst is cut off in the frame at byte \d+", lines[0])
    assert re.search(r"24 exchanges were stored, \d+ could be read", lines[1])


def test_a_recording_that_is_torn_at_its_begin_leaves_nothing_to_run(site: Any, foreshock: Foreshock) -> None:
    torn(site, lambda _: 9)
    site.write("booth.yaml", ("recording: RECORDING", "recording: torn.rec"))
    refused(
        foreshock(*RUN), 3, r"holds no exchanges \(exchanges-00001.* is cut off .*\), so there is nothing to replay"
    )


# Addresses


def test_a_target_that_is_not_there_is_said_before_anything_is_sent(site: Any, foreshock: Foreshock, free: str) -> None:
    site.write("booth.yaml", ("ADDRESS", free), text=ELSEWHERE)
    ended = foreshock(*RUN)
    refused(ended, 3, f"target=http://{free} takes no connection; start the system, or mend the target")
    assert "calm" not in ended[1]


def test_a_target_behind_a_link_whose_upstream_is_not_there_is_said_once_nothing_was_answered(
    site: Any, foreshock: Foreshock, free: str
) -> None:
    behind = ELSEWHERE.replace("http://ADDRESS", "${links.edge.url}") + "links: {edge: {upstream: ADDRESS}}\n"
    site.write("booth.yaml", ("ADDRESS", free), text=behind)
    refused(
        foreshock(*RUN), 3, r"the target answered none of \d+ requests \((cut|reset|cut, reset)\); start it, or mend"
    )


def test_a_links_listen_address_that_is_taken_is_named(site: Any, foreshock: Foreshock, taken: str) -> None:
    link = 'printer: {upstream: "${processes.printer.address}"'
    site.write("booth.yaml", (link, f'{link}, listen: "{taken}"'), ("instances: 2", "instances: 1"))
    refused(foreshock(*RUN), 3, f"link printer: listen={taken}: .*address already in use; stop what")


def test_a_processs_address_that_is_taken_is_named(site: Any, foreshock: Foreshock, taken: str) -> None:
    ready = 'ready: {http: "${processes.booth.url}/healthz"}'
    site.write("booth.yaml", (ready, f'ready: {{http: "http://{taken}/healthz"}}'))
    refused(foreshock(*RUN), 3, rf"process booth: port {taken[10:]} on 127\.0\.0\.1 is in use by another program; stop")


def test_the_recorders_addresses_are_named(site: Any, foreshock: Foreshock, taken: str, free: str) -> None:
    record = ("record", "-o", "new.rec", "--upstream")
    refused(
        foreshock(*record, f"http://{taken}", "--listen", taken), 3, f"listen={taken} cannot be .*; stop what listens"
    )
    refused(
        foreshock(*record, f"http://{free}", "--listen", "127.0.0.1:0"), 3, f"upstream=http://{free} is out of reach"
    )
    assert not (site.folder / "new.rec").exists()


def test_a_recording_is_not_written_over(site: Any, foreshock: Foreshock, taken: str) -> None:
    (site.folder / "old.rec").mkdir()
    refused(foreshock("record", "-o", "old.rec", "--upstream", f"http://{taken}"), 2, "out=old.rec is already there")


def test_a_toxiproxy_that_is_not_there_is_named(
    site: Any, foreshock: Foreshock, free: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", f"http://{free}")
    site.write("booth.yaml")
    refused(foreshock("run", "booth.yaml"), 3, f"http://{free}")


def test_a_folder_that_no_run_can_be_written_to_is_named(site: Any, foreshock: Foreshock) -> None:
    site.write("booth.yaml")
    (site.folder / "taken").write_text("a file")
    refused(foreshock(*RUN, "--runs", "taken/runs"), 3, "taken/runs/.*: the run folder cannot be made: Not a directory")
