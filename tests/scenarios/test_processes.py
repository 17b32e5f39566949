import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from foreshock.errors import HarnessError
from scenarios.ports import free_ports
from scenarios.processes import RunningProcess
from scenarios.scenario import Process, Ready
from scenarios.warden import Warden


@pytest.fixture
def warden() -> Iterator[Warden]:
    with Warden() as opened:
        yield opened


Until = Callable[[Callable[[], bool]], Awaitable[None]]
Ended = Callable[[int], bool]


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


LISTENS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
time.sleep(60)
"""


def program(source: str, port: int, *, within: str = "5s", before: str = "") -> Process:
    command = ("python", "-c", before + source, str(port))
    return Process(command=command, ready=Ready(tcp=f"127.0.0.1:{port}", within=within))


def run(process: RunningProcess, then: Callable[[RunningProcess], Awaitable[None]] | None = None) -> None:
    async def started() -> None:
        try:
            await process.start()
            if then is not None:
                await then(process)
        finally:
            await process.stop()

    asyncio.run(started())


def process_of(spec: Process, warden: Warden, folder: Path, lines: list[bytes] | None = None) -> RunningProcess:
    heard: list[bytes] = [] if lines is None else lines
    return RunningProcess(
        "payments", spec, directory=folder, environment=os.environ, on_line=heard.append, warden=warden
    )


def test_a_process_is_heard_while_it_runs_and_gone_when_it_was_stopped(
    warden: Warden, port: int, tmp_path: Path, until: Until, ended: Ended
) -> None:
    lines: list[bytes] = []
    process = process_of(program(LISTENS, port), warden, tmp_path, lines)
    seen: list[int] = []

    async def look(running: RunningProcess) -> None:
        assert running.alive and running.pid is not None
        seen.append(running.pid)
        assert os.getpgid(running.pid) == running.pid  # a group of its own: Ctrl-C does not reach it
        await until(lambda: lines == [b"listening"])

    run(process, look)
    assert not process.alive
    assert ended(seen[0])


def test_what_a_process_started_is_stopped_with_it(
    warden: Warden, port: int, tmp_path: Path, until: Until, ended: Ended
) -> None:
    lines: list[bytes] = []
    child = (
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)\n"
    )
    process = process_of(program(LISTENS, port, before=child), warden, tmp_path, lines)

    async def look(_: RunningProcess) -> None:
        await until(lambda: bool(lines))

    run(process, look)
    asyncio.run(until(lambda: ended(int(lines[0]))))


def test_a_process_that_ignores_sigterm_is_killed(
    warden: Warden, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.processes.GRACE_S", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    process = process_of(program(LISTENS, port, before=deaf), warden, tmp_path)
    run(process)
    assert not process.alive


def test_a_process_can_be_started_again_after_it_died(warden: Warden, port: int, tmp_path: Path, until: Until) -> None:
    process = process_of(program(LISTENS, port), warden, tmp_path)

    async def look(running: RunningProcess) -> None:
        first = running.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: not running.alive)
        await running.stop()
        await running.start()
        assert running.alive and running.pid != first

    run(process, look)


def test_an_exit_before_ready_is_our_failure_with_its_last_words(warden: Warden, port: int, tmp_path: Path) -> None:
    fails = "import sys; print('reading configuration'); sys.exit('no such table: charges')\n"
    process = process_of(program(LISTENS, port, before=fails), warden, tmp_path)
    with pytest.raises(HarnessError) as caught:
        run(process)
    message = str(caught.value)
    assert message.startswith("process payments exited with code 1 before it was ready; its last words: ")
    assert "no such table: charges" in message
    assert "\n" not in message


def test_a_port_in_use_is_named_as_such_before_anything_is_started(warden: Warden, tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        process = process_of(program(LISTENS, port), warden, tmp_path)
        with pytest.raises(HarnessError, match=rf"process payments: port {port} on 127.0.0.1 is in use by another"):
            run(process)


def test_a_port_in_use_that_only_the_process_knows_of_is_told_from_its_last_words(
    warden: Warden, tmp_path: Path, port: int
) -> None:
    other = free_ports(1)[0]
    spec = program(LISTENS, port, before=f"import socket; taken = socket.create_server(('127.0.0.1', {other}))\n")
    in_use = r"exited with code 1 before it was ready; its port is in use; its last words: "
    with socket.create_server(("127.0.0.1", other)), pytest.raises(HarnessError, match=in_use):
        run(process_of(spec, warden, tmp_path))


def test_a_process_that_is_never_ready_is_given_up_and_stopped(warden: Warden, port: int, tmp_path: Path) -> None:
    process = process_of(program("import time; time.sleep(60)", port, within="200ms"), warden, tmp_path)
    with pytest.raises(HarnessError) as caught:
        run(process)
    assert str(caught.value) == (
        f"process payments was not ready within 200 ms (127.0.0.1:{port}); "
        "give it longer with ready.within; it said nothing"
    )
    assert not process.alive


def test_a_command_that_is_not_there_is_said_so(warden: Warden, tmp_path: Path) -> None:
    spec = Process(command=("no-such-program",), ready=Ready(tcp="127.0.0.1:1"))
    with pytest.raises(HarnessError, match="process payments: command 'no-such-program' was not found"):
        run(process_of(spec, warden, tmp_path))


def test_a_folder_that_is_not_there_is_said_so(warden: Warden, tmp_path: Path) -> None:
    spec = Process(command=("python",), directory="missing", ready=Ready(tcp="127.0.0.1:1"))
    with pytest.raises(HarnessError, match=r"process payments: directory='.*missing' is not a folder"):
        run(process_of(spec, warden, tmp_path))


def test_lines_without_an_end_are_taken_in_pieces_and_bytes_that_are_no_text_do_no_harm(
    warden: Warden, port: int, tmp_path: Path
) -> None:
    lines: list[bytes] = []
    writes = "import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\\n\\xff\\r\\nlast'); sys.stdout.flush()\n"
    process = process_of(program(LISTENS, port, before=writes), warden, tmp_path, lines)
    run(process)
    assert sum(line.count(b"x") for line in lines) == 200_000
    assert max(map(len, lines)) < 200_000
    assert lines[-2:] == [b"\xff", b"lastlistening"]
