"""A replay by Locust's workers ends as one by a single engine does, and a worker that dies makes it incomplete."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scenarios.replay.order import Workers
from scenarios.replay.running import run_replay

FORESHOCK = [sys.executable, "-P", "-c", "from scenarios.cli import main; main()"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_two_workers_do_a_recording_again(tmp_path, shop, recorded, bought, ordered, telling, paper):
    csv = tmp_path / "locust" / "shop"
    order = ordered(recorded(bought(10)), shop.url, workers=Workers(count=2, csv=csv))
    assert run_replay(order, telling) == 0
    said = paper.getvalue()
    assert "20 of 20 with the recorded status (100 %)" in said and "SAME  20 of 20 requests" in said
    assert said.count("is there, its clock known to") == 2
    assert {line.removeprefix("GET /orders/") for line in shop.seen if line.startswith("GET")} == shop.orders
    assert "POST,/orders,10," in csv.with_name("shop_stats.csv").read_text()


def test_workers_of_other_machines_are_waited_for_and_dealt_their_share(
    shop, recorded, bought, ordered, telling, paper
):
    port = free_port()
    command = [*FORESHOCK, "worker", "--master", f"127.0.0.1:{port}"]
    with contextlib.ExitStack() as processes:
        workers = [processes.enter_context(subprocess.Popen(command, start_new_session=True)) for _ in range(2)]
        order = ordered(recorded(bought(10)), shop.url, workers=Workers(count=2, master=("127.0.0.1", port)))
        assert run_replay(order, telling) == 0
        assert [worker.wait(timeout=20) for worker in workers] == [0, 0]
    assert f"awaited at port {port}" in paper.getvalue()


def test_a_worker_that_is_killed_makes_the_replay_incomplete(shop, recorded, bought, ordered, telling, paper):
    order = ordered(recorded(bought(200)), shop.url, workers=Workers(count=2))
    killing = threading.Thread(target=kill_a_worker_once, args=(shop,))
    killing.start()
    assert run_replay(order, telling) == 3
    killing.join()
    said = paper.getvalue()
    assert "is lost: what it had sent and not told is unknown" in said
    assert "incomplete: 1 worker died amid the replay" in said


def kill_a_worker_once(shop) -> None:
    """As soon as something was sent."""
    while not shop.seen:
        threading.Event().wait(0.01)
    os.kill(workers_of(os.getpid())[0], signal.SIGKILL)


def workers_of(pid: int) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = f"PPid:\t{pid}\n" in (process / "status").read_text()
            if ours and b"distributed.worker" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


@pytest.mark.parametrize("words", [["--web", "127.0.0.1:1"], ["--locust-csv", "x"], ["--master", "0.0.0.0"]])
def test_what_is_of_workers_needs_workers(words, recorded, bought, tmp_path):
    ended = subprocess.run(
        [*FORESHOCK, "replay", str(recorded(bought(1))), "--target", "http://127.0.0.1:1", *words],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 2 and "say --workers N" in ended.stderr
