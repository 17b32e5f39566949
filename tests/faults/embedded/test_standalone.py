"""The server on its own: in place of toxiproxy-server, with one clear line for each way that can't be."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faults.embedded.standalone import read_config, run_toxiproxy
from faults.toxiproxy import Server
from foreshock.errors import HarnessError, UsageError

COMMAND = [sys.executable, "-P", "-c", "from scenarios.cli import main; main()", "toxiproxy", "--port", "0"]
PROXY = {"name": "a", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}


@pytest.fixture
def start() -> Iterator[Callable[..., tuple["subprocess.Popen[str]", Server]]]:
    """Starts the command; killed with the test, if it still runs."""
    started: list[tuple[subprocess.Popen[str], Server]] = []

    def start(*options: str) -> tuple["subprocess.Popen[str]", Server]:
        process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True)
        server = Server(re.search(r"http://[\w.:]+\d", process.stdout.readline())[0])
        started.append((process, server))
        return process, server

    yield start
    for process, server in started:
        server.close()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def config(tmp_path: Path) -> Callable[[object], Path]:
    """A configuration file of what it is given: text, or something to be made JSON."""

    def write(content: object) -> Path:
        path = tmp_path / "toxiproxy.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_what_its_configuration_says_until_it_is_told_to_end(start, config, signum):
    toxics = [{"type": "latency", "attributes": {"latency": 5}}]
    process, server = start("--config", str(config([{**PROXY, "toxics": toxics}, {**PROXY, "name": "b"}])))
    assert server.version().startswith("embedded ")
    assert list(server.proxies()) == ["a", "b"]
    assert list(server.proxies()["a"].toxics()) == ["latency_downstream"]
    process.send_signal(signum)
    assert process.wait(5) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[\n  {"name": "a",}\n]', r":2:\d+: expected JSON: "),
        ("", ":1:1: expected JSON: "),
        ("[" * 100_000, ": expected JSON: "),
        ("{}", r": Expected `array`, got `object`; expected a list of proxies"),
        ([{**PROXY, "enabled": "yes"}], r": Expected `bool(ean)? ?.*`, got `str` - at `\$\[0\].enabled`"),
        ([PROXY, {"name": "b"}], ": missing required field: upstream at proxy 2"),
        ([{**PROXY, "toxics": [{"type": "bogus"}]}], ": invalid toxic type at toxic 1 at proxy 1"),
        ([{**PROXY, "toxics": [{"type": "slicer"}]}], ": slicer.average_size was invalid: 0, expected 1 to .*proxy 1"),
        (
            [{**PROXY, "toxics": [{"type": "latency", "attributes": {"latency": "x"}}]}],
            ": attributes: .* at toxic 1 at proxy 1",
        ),
    ],
)
def test_a_bad_config_file_is_said_in_one_line_with_its_place(config, content, said):
    path = config(content)
    with pytest.raises(UsageError) as wrong:
        run_toxiproxy("127.0.0.1", 0, config=path, seed=0, say=print)
    assert re.match(re.escape(str(path)) + said, str(wrong.value)), wrong.value
    assert "\n" not in str(wrong.value)


def test_it_can_start_with_a_lease_that_heals_what_its_configuration_made(start, config, wire):
    toxics = [{"type": "latency", "attributes": {"latency": 5}}]
    asked = {**PROXY, "toxics": toxics, "enabled": False}
    process, server = start("--config", str(config([asked])), "--lease", "100ms")
    assert process.stdout.readline() == "every link is healed if nobody renews the lease (PUT /lease) within 100 ms\n"

    def healed() -> bool:
        return server.api.get("/lease").json() == {"state": "expired"}

    asyncio.run(wire.eventually(healed))
    (proxy,) = server.proxies().values()
    assert (proxy.enabled, proxy.toxics()) == (True, {})


@pytest.mark.parametrize("lease", ["30", "0s", "-1s", "10000h", ""])
def test_a_lease_of_no_length_is_said(lease):
    with pytest.raises(UsageError, match=rf"^--lease={lease}: expected "):
        run_toxiproxy("127.0.0.1", 0, config=None, seed=0, lease=lease, say=print)


def test_a_config_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere.json: No such file or directory"):
        read_config(tmp_path / "nowhere.json")


def test_a_port_in_use_is_said_with_the_proxy_that_wants_it(config):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(HarnessError, match=rf"^listen tcp 127.0.0.1:{port}: bind: address already in use; choose"):
            run_toxiproxy("127.0.0.1", port, config=None, seed=0, say=print)
        path = config([PROXY, {**PROXY, "name": "b", "listen": f"127.0.0.1:{port}"}])
        with pytest.raises(HarnessError, match=rf"proxy 'b': listen tcp 127.0.0.1:{port}: bind: address already"):
            run_toxiproxy("127.0.0.1", 0, config=path, seed=0, say=print)


def test_what_can_not_be_is_an_exit_code_and_one_line(config):
    done = subprocess.run([*COMMAND, "--config", str(config("x"))], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
