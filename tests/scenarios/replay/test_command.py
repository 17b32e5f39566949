"""The command as a process: what a real recorder recorded of a real client, replayed, reported, and interrupted."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from recorder.exchange import Exchange

FORESHOCK = [sys.executable, "-P", "-m", "scenarios.cli"]


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*FORESHOCK, *words], cwd=folder, capture_output=True, text=True, timeout=60)


def shopping(port: int) -> None:
    """Two orders over one connection, the second after it was told to try again; its body goes in chunks."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    for body in (b'{"n": 1}', [b'{"n"', b": 2}"]):
        answer = None
        while answer is None or answer.status == 503:
            client.request("POST", "/orders", body, encode_chunked=isinstance(body, list), headers=chunked(body))
            answer = client.getresponse()
            said = answer.read()
        client.request("GET", f"/orders/{json.loads(said)['id']}")
        client.getresponse().read()
    client.close()


def chunked(body: object) -> dict[str, str]:
    return {"Transfer-Encoding": "chunked"} if isinstance(body, list) else {}


def test_what_a_real_recorder_recorded_is_replayed_and_again_as_its_last_line_says(
    tmp_path: Path, shop, another_shop
) -> None:
    another_shop.busy_at = 2  # the second order is refused once
    recorder = subprocess.Popen(
        [*FORESHOCK, "record", "--upstream", another_shop.url, "--listen", "127.0.0.1:0", "-o", "shop.rec"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert recorder.stdout is not None
    try:
        shopping(int(recorder.stdout.readline().split(" -> ")[0].rpartition(":")[2]))
    finally:
        recorder.send_signal(signal.SIGINT)
        recorder.communicate(timeout=30)
    done = call(tmp_path, "replay", "shop.rec", "--target", shop.url, "--late", "1m")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 of 4 with the recorded status" in done.stdout
    assert "recorded retries folded into the requests that they repeat: 1" in done.stdout
    assert [line.partition("/orders")[0] for line in shop.seen] == ["POST ", "GET ", "POST ", "GET "]
    assert shop.chunked == [False, True]
    again = done.stdout.rpartition("again    foreshock ")[2].split()
    assert call(tmp_path, *again).returncode == 0


def test_ctrl_c_is_130_and_leaves_a_run_folder(
    tmp_path: Path, shop, recorded: Callable[..., Path], exchange: Callable[..., Exchange]
) -> None:
    recorded([exchange(n * 0.05, "a", "GET", "/slow", 200, b"{}") for n in range(1000)])
    replay = subprocess.Popen(
        [*FORESHOCK, "replay", "shop.rec", "--target", shop.url],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline_s = time.monotonic() + 30
    while len(shop.seen) < 3 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    replay.send_signal(signal.SIGINT)
    said, complained = replay.communicate(timeout=30)
    assert replay.returncode == 130, complained
    assert "waiting for the answers under way" in complained
    assert "INTERRUPTED" in said
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "run.json").read_text())["result"] == "interrupted"


def test_a_mistake_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = call(tmp_path, "replay", "nowhere.rec", "--target", "http://127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.startswith("foreshock: recording nowhere.rec does not exist")
    assert done.stderr.count("\n") == 1
