"""Requests a second that other tools make of the same server, each in a process of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

CONNECTIONS = 64
_USER = Path(__file__).with_name("fasthttp_user.py")


def locust(address: str, for_s: float) -> float:
    """Of FastHttpUser, as many users as connections, all spawned at once; counted from when they are."""
    options = ["--headless", "--json", "--skip-log", "-u", str(CONNECTIONS), "-r", str(CONNECTIONS)]
    command = [sys.executable, "-P", "-m", "locust", "-f", str(_USER), *options, "-t", f"{for_s:.0f}s"]
    (stats,) = json.loads(_said([*command, "--host", f"http://{address}"], for_s))
    return float(stats["num_requests"] / (stats["last_request_timestamp"] - stats["start_time"]))


def wrk(address: str, for_s: float) -> float | None:
    """Of wrk, on one thread; None where it is not installed."""
    path = shutil.which("wrk")
    if path is None:
        return None
    said = _said([path, "-t1", f"-c{CONNECTIONS}", f"-d{for_s:.0f}s", f"http://{address}/bench"], for_s)
    return float(said.partition("Requests/sec:")[2].split()[0])


def _said(command: list[str], for_s: float) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=for_s + 30, check=True).stdout
