import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from foreshock.errors import HarnessError
from scenarios.ports import free_ports
from scenarios.warden import Warden, keep_watch

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


Until = Callable[[Callable[[], bool]], Awaitable[None]]
Ended = Callable[[int], bool]


def test_killed_without_a_word_the_harness_leaves_no_process_behind(until: Until, ended: Ended) -> None:
    """A harness of its own starts a real process, which starts another, and is then killed with SIGKILL."""
    port = free_ports(1)[0]
    server = (
        "import socket, subprocess, sys, time;"
        f"s = socket.create_server(('127.0.0.1', {port}));"
        "c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(c.pid, flush=True); time.sleep(60)"
    )
    harness = f"""
import asyncio, os, sys
from pathlib import Path
from scenarios.processes import RunningProcess
from scenarios.scenario import Process, Ready
from scenarios.warden import Warden

async def main():
    with Warden() as warden:
        spec = Process(command=("python", "-c", {server!r}), ready=Ready(tcp="127.0.0.1:{port}"))
        process = RunningProcess("p", spec, directory=Path.cwd(), environment=os.environ, on_line=say, warden=warden)
        await process.start()
        print(process.pid, flush=True)
        await asyncio.sleep(60)

def say(line):
    print(line.decode(), flush=True)

asyncio.run(main())
"""
    child = subprocess.Popen([sys.executable, "-P", "-c", harness], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        pids = [int(child.stdout.readline()), int(child.stdout.readline())]
        assert not any(map(ended, pids))
    finally:
        child.kill()
        child.communicate()
    asyncio.run(until(lambda: all(map(ended, pids))))


def test_what_was_forgotten_is_left_alone_and_what_is_watched_is_killed() -> None:
    kept = subprocess.Popen(SLEEPER, start_new_session=True)
    watched = subprocess.Popen(SLEEPER, start_new_session=True)
    try:
        with Warden() as warden:
            warden.watch(kept.pid)
            warden.watch(watched.pid)
            warden.forget(kept.pid)
        assert watched.wait(10) == -signal.SIGKILL
        assert kept.poll() is None
    finally:
        for child in (kept, watched):
            child.kill()
            child.wait()


def test_a_group_that_has_ended_does_no_harm() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    child.wait()
    keep_watch(io.StringIO(f"watch {child.pid}\n"))


def test_a_warden_that_is_gone_is_noticed_by_the_next_start(until: Until, ended: Ended) -> None:
    with Warden() as warden:
        os.kill(warden.pid, signal.SIGKILL)
        asyncio.run(until(lambda: ended(warden.pid)))
        with pytest.raises(HarnessError, match="the warden, which ends our processes should we be killed, is gone"):
            warden.watch(1 << 22)
        warden.forget(1 << 22)  # harmless
