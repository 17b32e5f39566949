"""The script is run by Node, with stand-ins for k6's modules that tell what they were asked."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from recorder.exchange import Content, Exchange, Header, Request
from recorder.formats import k6

NODE = shutil.which("node")
STAND_INS = """\
const told = [];
globalThis.__ENV = { TARGET: 'http://t/' };
const encoding = { b64decode: (text) => Buffer.from(text, 'base64') };
const exec = { scenario: { iterationInTest: 0 } };
const http = {
  cookieJar: () => ({ clear: () => {} }),
  request: (method, url, body, params) =>
    told.push([method, url, body && Buffer.from(body).toString('base64'), params.headers, params.redirects]),
};
const sleep = (seconds) => told.push(['sleep', seconds]);
class SharedArray extends Array {
  constructor(name, make) {
    super();
    this.push(...make());
  }
}
"""


def exchange(session: str, number: int, body: bytes) -> Exchange:
    return Exchange(
        id=f"e{number}",
        session=session,
        connection="c",
        started_s=number / 4,
        request_ended_s=number / 4,
        ended_s=number / 4,
        request=Request(
            method="POST",
            url=f"/{number}?`${{x}}'\"",
            http_version="HTTP/1.1",
            headers=(Header("X-A", "</script>\\"),),
            post_data=Content.of(body),
        ),
        error="x",
    )


@pytest.mark.skipif(NODE is None, reason="no Node.js here to run the script")
def test_an_iteration_sends_a_session_with_its_pauses(tmp_path: Path) -> None:
    recorded = [exchange("a", 0, b"\x00\xff"), exchange("b", 1, b""), exchange("a", 2, "a\u2028\n`${x}".encode())]
    script = b"".join(k6.write(recorded)).decode()
    own = [line for line in script.splitlines() if not line.startswith("import ")]
    run = "\nmain();\nconsole.log(JSON.stringify([told, SESSIONS.length, options.scenarios.recorded]));\n"
    body = "\n".join(own).replace("export default function ()", "function main()")
    (tmp_path / "again.mjs").write_text(STAND_INS + body + run)
    assert NODE is not None
    done = subprocess.run([NODE, str(tmp_path / "again.mjs")], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    told, sessions, scenario = json.loads(done.stdout)
    headers = {"X-A": "</script>\\"}
    assert told == [
        ["sleep", 0],
        ["POST", "http://t/0?`${x}'\"", "AP8=", headers, 0],
        ["sleep", 0.5],
        ["POST", "http://t/2?`${x}'\"", "YeKAqApgJHt4fQ==", headers, 0],
    ]
    assert (sessions, scenario["iterations"], scenario["vus"]) == (2, 2, 2)


@pytest.mark.skipif(NODE is None, reason="no Node.js here to check the script")
def test_the_script_is_a_module_without_a_fault_of_syntax(tmp_path: Path) -> None:
    (tmp_path / "again.mjs").write_bytes(b"".join(k6.write([exchange("a", 0, b"x")])))
    assert NODE is not None
    done = subprocess.run([NODE, "--check", str(tmp_path / "again.mjs")], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
