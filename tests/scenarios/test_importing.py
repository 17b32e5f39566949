"""`foreshock import` and `foreshock export` as a user types them: what is said where, and the exit codes."""

import json
import subprocess
import sys
from pathlib import Path

LINE = b'10.0.0.7 - - [14/Nov/2023:22:13:21 +0000] "GET /a?token=abcdef0123456789 HTTP/1.1" 200 512 "-" "x" 0.25\n'


def foreshock(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "scenarios.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_log_becomes_a_recording_and_the_recording_a_har(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(LINE + b"junk\n")
    done = foreshock(tmp_path, "import", "access.log", "--out", "a.rec", "--upstream", "https://shop.example")
    assert (done.returncode, done.stdout) == (
        0,
        "imported a.rec from access.log (combined): 2 seen, 1 stored, 1 dropped (no line of an access log)\n",
    )
    assert "foreshock: dropped: no line of an access log: first line 2" in done.stderr
    done = foreshock(tmp_path, "export", "a.rec", "--format", "har")
    assert done.stderr.startswith("foreshock: 1 exchanges as har; lost: nothing")
    (entry,) = json.loads(done.stdout)["log"]["entries"]
    assert entry["request"]["url"].startswith("https://shop.example/a?token=")
    assert "abcdef0123456789" not in done.stdout


def test_what_cannot_be_imported_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "x.har").write_bytes(b"hello")
    done = foreshock(tmp_path, "import", "x.har", "-o", "a.rec")
    assert done.returncode == 2
    assert done.stderr.startswith("foreshock: file=x.har: its content is of no format that is read")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.har"]
