"""Every line is given to bash, with a curl on PATH that only tells what it was given."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder.exchange import Content, Exchange, Header, Request
from recorder.formats import curl

BASH = shutil.which("bash") or "bash"
TELL = """\
import json, os, sys
words = [os.fsencode(word).decode("latin-1") for word in sys.argv[1:]]
piped = sys.stdin.buffer.read().decode("latin-1") if "@-" in words else None
print(json.dumps([words, piped]))
"""


def request(body: bytes = b"", *headers: Header, method: str = "POST", url: str = "/a") -> Request:
    return Request(method=method, url=url, http_version="HTTP/1.1", headers=headers, post_data=Content.of(body))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "tell.py").write_text(TELL)
    (folder / "curl").write_text(f'#!/bin/sh\nexec {sys.executable} -S -I {folder}/tell.py "$@"\n')
    (folder / "curl").chmod(0o755)
    return folder


def ran(script: bytes, folder: Path, **more: str) -> list[tuple[list[str], str | None]]:
    """(words, what was piped in) of each curl that bash started, as Latin-1."""
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([BASH, "-e"], input=script, capture_output=True, env={"PATH": path, "LC_ALL": "C", **more})
    assert done.returncode == 0, done.stderr
    return [(words, piped) for words, piped in map(json.loads, done.stdout.splitlines())]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20))
def test_every_byte_reaches_curl_through_bash(folder: Path, body: bytes, value: str) -> None:
    line = curl.line_of(request(body, Header("X", value), url=f"/{value}?$HOME=`id`"))
    ((words, piped),) = ran(line, folder, TARGET="http://t")
    data = words[words.index("--data-binary") + 1] if body else ""
    assert (piped if data == "@-" else data) == body.decode("latin-1")
    assert (f"X: {value}" if value else "X;") in words
    assert words[-1].split("#")[0] == f"http://t/{value}?$HOME=`id`".split("#")[0]


@pytest.mark.parametrize("body", [b"@/etc/passwd", b"a\0b", b"x" * 200_000])
def test_what_cannot_be_an_argument_is_piped(folder: Path, body: bytes) -> None:
    ((words, piped),) = ran(curl.line_of(request(body)), folder, TARGET="t")
    assert words[words.index("--data-binary") + 1] == "@-"
    assert piped == body.decode("latin-1")


def test_curl_adds_nothing_of_its_own_and_the_target_has_its_own_host(folder: Path) -> None:
    headers = (
        Header("Host", "prod"),
        Header("Content-Length", "1"),
        Header("accept", "x"),
        Header("X", ""),
        Header("x", "2"),
    )
    ((words, _),) = ran(curl.line_of(request(b"1", *headers)), folder, TARGET="t")
    given = [word for before, word in pairwise(words) if before == "-H"]
    assert given == ["accept: x", "X;", "x: 2", "User-Agent:", "Content-Type:", "Expect:"]


@pytest.mark.parametrize(("sent", "wanted"), [
    (request(method="HEAD"), ["--head"]),
    (request(method="X-ODD"), ["-X", "X-ODD"]),
    (request(url="*"), ["t/", "--request-target", "*"]),
    (request(url="http://prod/a?b"), ["t/a?b"]),
    (request(url="/../[a-z]{1}"), ["-g", "--path-as-is", "t/../[a-z]{1}"]),
])  # fmt: skip
def test_odd_requests_have_curls_option_for_them(folder: Path, sent: Request, wanted: list[str]) -> None:
    ((words, _),) = ran(curl.line_of(sent), folder, TARGET="t")
    assert [word for word in words if word in wanted] == wanted


def test_a_script_refuses_to_run_without_a_target(folder: Path) -> None:
    one = Exchange(
        id="e",
        session="s",
        connection="c",
        started_s=0.0,
        request_ended_s=0.0,
        ended_s=0.0,
        request=request(),
        error="x",
    )
    script = b"".join(curl.write([one]))
    assert len(ran(script, folder, TARGET="http://t")) == 1
    refused = subprocess.run([BASH], input=script, capture_output=True, env={"PATH": str(folder)})
    assert refused.returncode != 0
    assert b"TARGET: set it to the system that is to be asked" in refused.stderr
