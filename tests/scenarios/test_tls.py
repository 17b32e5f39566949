"""A scenario whose target speaks TLS under a CA of its own: replayed, asked, reset and checked."""

import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from foreshock.errors import HarnessError, UsageError
from replayer.plan import Header, Plan, Recorded, Request, Step
from replayer.target import Target, Tls
from scenarios.elsewhere import pointed_at
from scenarios.execution import Execution
from scenarios.loading import load_scenario
from scenarios.system import Pool
from scenarios.trust import Trust

SCENARIO = """\
version: 1
name: tiny
processes:
  shop:
    command: [python, SERVICE, "${processes.shop.address}"]
    ready: {http: "https://localhost:${processes.shop.port}/state"}
target: "https://localhost:${processes.shop.port}"
tls: {ca: ca.pem}
reset: [{post: "https://localhost:${processes.shop.port}/__reset"}]
settle: 20ms
invariants:
  - name: at most one
    http: {get: "https://localhost:${processes.shop.port}/state"}
    expect: json.counter <= 1
    within: 50ms
"""
PLAIN = "ThreadingHTTPServer((host, int(port)), Handler).serve_forever()"
SECURE = """
import ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(PEM)
server = ThreadingHTTPServer((host, int(port)), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
ADD = Step(
    id="s1",
    due_s=0.0,
    session="c1",
    route="POST /add",
    request=Request(method="POST", target="/add"),
    recorded=Recorded(status=201),
)


@pytest.fixture
def folder(tmp_path: Path, service: Path, localhost_pem: Path) -> Path:
    """Where the scenario is: with the service over TLS, and the CA that it is known by."""
    text = service.read_text()
    assert PLAIN in text
    service.write_text(text.replace(PLAIN, SECURE.replace("PEM", repr(str(localhost_pem)))))
    shutil.copy(localhost_pem, tmp_path / "ca.pem")
    return tmp_path


def run(folder: Path, text: str = SCENARIO) -> Execution:
    (folder / "tiny.yaml").write_text(text.replace("SERVICE", str(folder / "service.py")))
    scenario = load_scenario(folder / "tiny.yaml", os.environ)

    async def opened() -> Execution:
        async with Pool.open(
            scenario, choice="embedded", instances=1, seed=1, run="t", clock=time.monotonic, redact=str
        ) as pool:
            return await pool.run(Plan(Header(name="p"), (ADD,)))

    return asyncio.run(opened())


def changed(old: str, new: str, text: str = SCENARIO) -> str:
    assert old in text
    return text.replace(old, new)


def refusal(folder: Path, text: str) -> str:
    (folder / "tiny.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load_scenario(folder / "tiny.yaml", {})
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("tls", ["{ca: ca.pem}", "{insecure: true}", "{ca: ca.pem, certificate: ca.pem}"])
def test_the_target_is_replayed_to_reset_and_checked_as_tls_says(folder: Path, tls: str) -> None:
    execution = run(folder, changed("{ca: ca.pem}", tls))
    (outcome,) = execution.history.outcomes
    assert (outcome.status, outcome.fate) == (201, "ok")
    assert [result.verdict for result in execution.results] == ["held"]


def test_a_certificate_is_verified_where_nothing_is_said(folder: Path) -> None:
    text = changed("tls: {ca: ca.pem}\n", "")
    text = changed(
        '{http: "https://localhost:${processes.shop.port}/state"}\n', '{tcp: "${processes.shop.address}"}\n', text
    )
    with pytest.raises(HarnessError, match=r"reset: POST https://localhost:\d+/__reset: .*CERTIFICATE_VERIFY_FAILED"):
        run(folder, text)
    (without_reset,) = [text.replace(line, "") for line in text.splitlines() if line.startswith("reset")]
    execution = run(folder, without_reset)
    assert [outcome.attempts[-1].error for outcome in execution.history.outcomes] == ["tls: CERTIFICATE_VERIFY_FAILED"]
    assert [result.verdict for result in execution.results] == ["unknown"]


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ("{ca: no.pem}", "tiny.yaml:8: tls.ca='no.pem': no such file; paths start from the scenario's folder"),
        ("{certificate: no.pem}", "tiny.yaml:8: tls.certificate='no.pem': no such file; paths start from"),
        ("{certificate: ca.pem, key: no.key}", "tiny.yaml:8: tls.key='no.key': no such file; paths start from"),
        ("{ca: tiny.yaml}", "tiny.yaml:8: tls.ca=tiny.yaml: "),
        ("{certificate: tiny.yaml}", "tiny.yaml:8: tls.certificate=tiny.yaml: "),
        ("{key: ca.pem}", "tiny.yaml:8: tls: expected a 'certificate' with the 'key'"),
        ("{ca: ca.pem, insecure: true}", "tiny.yaml:8: tls: expected 'ca' or 'insecure', not both"),
        ("{certificat: ca.pem}", "tiny.yaml:8: tls.certificat: unknown key; did you mean 'certificate'? (allowed: ca,"),
    ],
)
def test_what_cannot_be_is_refused_at_its_line(folder: Path, tls: str, said: str) -> None:
    assert refusal(folder, changed("{ca: ca.pem}", tls)).startswith(said)


def test_tls_of_a_target_without_it_is_refused(folder: Path) -> None:
    said = refusal(
        folder, changed('target: "https://localhost:${processes.shop.port}"', 'target: "http://127.0.0.1:1"')
    )
    assert said.startswith("tiny.yaml:8: tls: nothing is verified of target=http://127.0.0.1:1; expected one such as ")


def test_a_system_elsewhere_is_known_by_the_same_files_if_it_speaks_tls_at_all(folder: Path) -> None:
    (folder / "tiny.yaml").write_text(SCENARIO)
    scenario = load_scenario(folder / "tiny.yaml", {})
    there = pointed_at(scenario, "https://localhost:8443")
    assert there.target_tls == Tls(ca_file=str(folder / "ca.pem"))
    assert pointed_at(scenario, "http://localhost:8080").target_tls is None


def test_what_the_target_is_shown_is_shown_to_no_other_host(localhost_pem: Path) -> None:
    trust = Trust(Target.parse("https://staging.example", Tls(ca_file=str(localhost_pem))))
    assert trust.of("https://staging.example:9443/state") is not None
    assert trust.of("https://elsewhere.example/state") is None
