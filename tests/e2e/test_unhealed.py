"""A run that can't heal says so loudly and ends with exit 3, in bounded time; `foreshock heal` mends it afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from faults.engine import Binary, choose, tool_folders
from faults.toxiproxy import Server
from scenarios.ports import free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.toxiproxy]

BOUND_S = 40.0


@pytest.fixture
def toxiproxy() -> Iterator[tuple[Server, int]]:
    """A real Toxiproxy that was there before the run, and its process id."""
    chosen = choose("toxiproxy", {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())
    assert isinstance(chosen, Binary)
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [chosen.path, "-host", "127.0.0.1", "-port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with closing(Server(f"http://127.0.0.1:{port}")) as server:
            while not server.running():
                assert process.poll() is None
                time.sleep(0.02)
            yield server, process.pid
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("signum", [signal.SIGSTOP, signal.SIGKILL])
def test_a_toxiproxy_that_hangs_or_dies_in_the_middle_is_said_loudly_with_what_is_left(
    site: Any, toxiproxy: tuple[Server, int], signum: signal.Signals
) -> None:
    server, pid = toxiproxy
    site.write("booth.yaml", ("stop: none", "stop: {failing: 90%, for: 5s}"))
    environment = {"TOXIPROXY_URL": server.url, "XDG_STATE_HOME": str(site.folder / "state")}
    run = site.start("run", "booth.yaml", "--engine", "toxiproxy", **environment)
    run.reads("calm")
    os.kill(pid, signum)
    stopped_s = time.monotonic()
    code, _, err = run.end()
    assert time.monotonic() - stopped_s < BOUND_S
    assert (code, err.count("\n")) == (3, 1), err
    why = "it hangs" if signum is signal.SIGSTOP else "no connection"
    assert err.startswith("foreshock: could not heal: link printer"), err
    assert f"Toxiproxy at {server.url}: " in err and why in err, err
    assert re.search(rf"NOT HEALED: proxy foreshock-\S+-booth-printer of {server.url} \(.*toxic.*\)", err), err
    assert err.endswith(". Once that server is well again, run `foreshock heal`\n"), err
    journal = site.folder / "state" / "foreshock" / "heal"
    assert len(list(journal.iterdir())) == 1

    again = site.run("heal", **environment)
    assert (again.code, again.err.count("\n")) == (3, 1), again
    assert f"not healed: Toxiproxy at {server.url}: " in again.err
    if signum is signal.SIGKILL:
        assert "if that server has ended for good, nothing is left on it" in again.err
        return
    os.kill(pid, signal.SIGCONT)
    healed = site.run("heal", **environment)
    assert (healed.code, healed.err) == (0, ""), healed
    assert "took it away" in healed.out
    assert server.proxies() == {}
    assert site.run("heal", **environment).out.startswith("nothing to heal: ")
