"""The real server as a child of ours: what it died of can be asked, and what it says is kept within bounds."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest
import requests

from faults.child import EmbeddedChild
from faults.embedded import realserver
from faults.embedded.lastwords import KEPT_BYTES, LastWords
from faults.embedded.realserver import RealServer, RealServerError
from faults.engine import Binary, choose, tool_folders
from faults.toxic import Toxic
from faults.toxiproxy import Server

LISTEN = """
    import os, socket, sys, time
    listening = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("-port") + 1])))
    listening.accept()
"""


@pytest.fixture
def binary(tmp_path: Path):
    """A program that does what a text of Python says."""

    def write(*program: str) -> Path:
        path = tmp_path / "toxiproxy-server"
        path.write_text(f"#!{sys.executable}\n" + "".join(textwrap.dedent(part) for part in program))
        path.chmod(0o755)
        return path

    return write


def told(binary: Path) -> dict:
    """What is told of it once it is dead."""

    async def ask() -> dict:
        server = await RealServer.start(binary)
        await server._process.wait()
        reply = await server._show(None, [])
        await server.stop()
        await asyncio.sleep(0)  # what was closed is let go in the loop's next turn
        return json.loads(reply.body)

    return asyncio.run(ask())


def test_its_last_line_is_its_last_words(binary):
    said = told(binary(LISTEN, 'sys.exit("no more\\nthis was it")'))
    assert said == {"alive": False, "exit": 1, "last_words": "this was it"}


def test_one_that_was_killed_says_nothing(binary):
    said = told(binary(LISTEN, "os.kill(os.getpid(), 9)"))
    assert said == {"alive": False, "exit": -9, "last_words": ""}


def test_of_a_panic_the_first_line_counts_however_much_follows(binary):
    panic = """
        sys.stderr.write("a line\\npanic: it broke\\n\\n" + "goroutine 1 [running]:\\n" * 20_000)
        sys.exit(2)
    """
    assert told(binary(LISTEN, panic)) == {"alive": False, "exit": 2, "last_words": "panic: it broke"}


def test_what_is_kept_of_what_it_says_is_bounded():
    words = LastWords()
    for number in range(200):
        words.data_received(b"%d\n" % number * 1000)
        assert len(words._said) <= KEPT_BYTES
    assert words.line == "199"


def test_one_that_does_not_start_says_why(binary):
    with pytest.raises(RealServerError, match=r"exit code 1; is it a Toxiproxy server\? It said: not today$"):
        asyncio.run(RealServer.start(binary('import sys; sys.exit("not today")')))


def test_who_holds_its_stderr_after_it_holds_nobody_up(binary, monkeypatch):
    monkeypatch.setattr(realserver, "DYING_S", 0.05)
    program = """
        import subprocess
        held = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
        with open(__file__ + ".pid", "w") as pid: pid.write(str(held.pid))
    """
    path = binary(LISTEN, program, 'os.write(2, b"gone\\n"); os._exit(3)')
    try:
        assert told(path) == {"alive": False, "exit": 3, "last_words": "gone"}
    finally:
        os.kill(int(Path(f"{path}.pid").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("engine", ["embedded"])
def test_without_a_real_server_there_is_nothing_to_tell(call):
    assert call("GET", "/realserver").status_code == 404


@pytest.mark.toxiproxy
def test_the_panic_of_a_real_one_is_told(wire):
    chosen = choose("toxiproxy", {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())
    assert isinstance(chosen, Binary)
    child = EmbeddedChild(seed=0, toxiproxy=chosen.path)

    def ask() -> dict:
        return requests.get(f"{ready.api}/realserver", timeout=5).json()

    async def kill(server: Server) -> None:
        async with wire.Upstream() as upstream:
            proxy = server.create(upstream.address, "p")
            toxic = Toxic(name="t", type="slicer", attributes={"average_size": 10, "size_variation": 5})
            proxy.add_toxic(toxic)
            server.api.patch("/proxies/p/toxics/t", json={"attributes": {"size_variation": 50}})
            async with await wire.Client.to(proxy.listen) as client:
                client.writer.write(b"x" * 4000 + b"\n")
                await wire.eventually(lambda: not ask()["alive"])

    try:
        ready = child.wait_ready()
        assert ask() == {"alive": True, "exit": None, "last_words": ""}
        with closing(Server(ready.toxiproxy)) as server:
            asyncio.run(kill(server))
        said = ask()
        assert (said["alive"], said["exit"]) == (False, 2)
        assert said["last_words"].startswith("panic: runtime error: slice bounds out of range")
    finally:
        child.stop()
