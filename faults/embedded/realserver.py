"""A real Toxiproxy as a child of ours: it is started, and stopped, with us."""

import asyncio
import socket
from pathlib import Path

STOP_S = 3.0


class RealServer:
    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    @classmethod
    async def start(cls, binary: Path) -> "RealServer":
        """Started on a free port of loopback; it needs a moment until it answers. Raises OSError if it can't be run.

        It stays in our process group: whoever ends that, ends it.
        """
        port = _free_port()
        process = await asyncio.create_subprocess_exec(
            binary,
            *("-host", "127.0.0.1", "-port", str(port)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return cls(process, f"http://127.0.0.1:{port}")

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _free_port() -> int:
    """One that is free now: Toxiproxy can't be told to take any and say which."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
