"""A real Toxiproxy as a child of ours: it is started, and stopped, with us; its last words are kept."""

import asyncio
import os
import socket
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path

from faults.embedded.lastwords import LastWords
from faults.embedded.replies import json_reply
from faults.embedded.routes import Routes
from faults.embedded.wire import Reply, Request

START_S = 10.0
STOP_S = 3.0
DYING_S = 1.0  # from the end of its stderr to its exit, or the other way round
_TRIES = 3  # somebody may take the port between our look and its bind


class RealServerError(Exception):
    """It can't be started; the message says why."""


class RealServer:
    """`url` is that of its control API. It stays in our process group: whoever ends that, ends it."""

    def __init__(self, process: Process, words: LastWords, port: int) -> None:
        self._process = process
        self._words = words
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    @classmethod
    async def start(cls, binary: Path) -> "RealServer":
        """It listens on a free port of loopback. Raises RealServerError."""
        for _ in range(_TRIES):
            server = await cls._spawn(binary, _free_port())
            if await server._listens():
                return server
            ended = await server.state()
            await server.stop()
        said = f" It said: {ended['last_words']}" if ended["last_words"] else ""
        raise RealServerError(
            f"{binary} ended at once, with exit code {ended['exit']}; is it a Toxiproxy server?{said}"
        )

    @classmethod
    async def _spawn(cls, binary: Path, port: int) -> "RealServer":
        options = ("-host", "127.0.0.1", "-port", str(port))
        words, stderr = await LastWords.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                binary, *options, stdin=DEVNULL, stdout=DEVNULL, stderr=stderr
            )
        except OSError as error:
            words.close()
            raise RealServerError(f"{binary} can't be run: {error.strerror}") from None
        finally:
            os.close(stderr)
        return cls(process, words, port)

    def mount(self, routes: Routes) -> None:
        """Mounts `GET /realserver`, which answers its `state`."""
        routes.mount("/realserver", {"GET": self._show})

    async def state(self) -> dict[str, bool | int | str | None]:
        """`alive`; once it is dead its `exit` code (below 0: the signal), and its `last_words`, such as a panic."""
        with suppress(TimeoutError):  # somebody else may hold its stderr
            async with asyncio.timeout(DYING_S):
                if self._words.over.is_set():
                    await self._process.wait()
                elif self._process.returncode is not None:
                    await self._words.over.wait()
        code = self._process.returncode
        return {"alive": code is None, "exit": code, "last_words": "" if code is None else self._words.line}

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._words.close()

    async def _show(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, await self.state())

    async def _listens(self) -> bool:
        """True once it accepts, False once it has ended. Raises RealServerError when it does neither."""
        deadline_s = asyncio.get_running_loop().time() + START_S
        while self._process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return True
            if asyncio.get_running_loop().time() > deadline_s:
                await self.stop()
                raise RealServerError(f"Toxiproxy did not listen on port {self._port} within {START_S:g} s")
        return False


def _free_port() -> int:
    """One that is free now: Toxiproxy can't be told to take any and say which."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
