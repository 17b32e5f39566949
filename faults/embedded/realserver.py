"""A real Toxiproxy as a child of ours: it is started, and stopped, with us."""

import asyncio
import socket
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

START_S = 10.0
STOP_S = 3.0
_TRIES = 3  # somebody may take the port between our look and its bind


class RealServerError(Exception):
    """It can't be started; the message says why."""


class RealServer:
    """`url` is that of its control API. It stays in our process group: whoever ends that, ends it."""

    def __init__(self, process: Process, url: str) -> None:
        self._process = process
        self.url = url

    @classmethod
    async def start(cls, binary: Path) -> "RealServer":
        """It listens on a free port of loopback. Raises RealServerError."""
        for _ in range(_TRIES):
            port = _free_port()
            process = await _spawn(binary, port)
            if await _listens(process, port):
                return cls(process, f"http://127.0.0.1:{port}")
        raise RealServerError(f"{binary} ended at once, with exit code {process.returncode}; is it a Toxiproxy server?")

    async def stop(self) -> None:
        await _stop(self._process)


async def _spawn(binary: Path, port: int) -> Process:
    options = ("-host", "127.0.0.1", "-port", str(port))
    try:
        return await asyncio.create_subprocess_exec(binary, *options, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    except OSError as error:
        raise RealServerError(f"{binary} can't be run: {error.strerror}") from None


async def _listens(process: Process, port: int) -> bool:
    """True once it accepts, False once it has ended. Raises RealServerError when it does neither."""
    deadline_s = asyncio.get_running_loop().time() + START_S
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return True
        if asyncio.get_running_loop().time() > deadline_s:
            await _stop(process)
            raise RealServerError(f"Toxiproxy did not listen on port {port} within {START_S:g} s")
    return False


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    """One that is free now: Toxiproxy can't be told to take any and say which."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
