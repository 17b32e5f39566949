"""Through the wire: a real client, a real recorder in its own process, a real upstream."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foreshock.errors import HarnessError, UsageError
from recorder.exchange import Exchange, header
from recorder.intake import Intake
from recorder.listen.otlphttp import OtlpEar
from recorder.listen.signal import Sample, Span
from recorder.listen.thread import EarThread
from recorder.order import order_of
from recorder.record import run_recorder
from recorder.recording import Recording
from recorder.routes import Routes

SECRET = "s3cr3t-Value-77"
MAIL = "ada.lovelace@example.org"
MAILED = {"key": "mail", "value": {"stringValue": MAIL}}
TIMES = {"startTimeUnixNano": "1000000000", "endTimeUnixNano": "2000000000"}


def exchanges(out: Path) -> list[Exchange]:
    recording = Recording.open(out)
    found = list(recording.exchanges())
    assert recording.tears == ()
    return found


def raw_talk(port: int, request: bytes) -> bytes:
    """Sends bytes as they are; what comes until the other side closes or answers a whole small response."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (chunk := connection.recv(65536)):
            answer += chunk
    return answer


def unpacked(out: Path) -> bytes:
    """Everything that stands on the disk."""
    import zstandard

    texts = [file.read_bytes() for file in out.iterdir() if file.suffix != ".zst"]
    for segment in out.glob("*.zst"):
        with segment.open("rb") as file:
            texts.append(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read())
    return b"\n".join(texts)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_whole_recording_and_the_counts(serve, record, response, how: signal.Signals) -> None:
    upstream = serve(lambda _: response())
    recorder = record(upstream.url)
    assert recorder.ready_line == f"recording http://127.0.0.1:{recorder.port} -> {upstream.url} into {recorder.out}\n"
    client = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    for n in range(50):
        client.request("GET", f"/items/{n}")
        client.getresponse().read()
    code, stdout, stderr = recorder.end(how)
    client.close()
    assert (code, stderr) == (0, "")
    assert stdout == f"recorded {recorder.out}: 50 seen, 50 stored\n"
    recorded = exchanges(recorder.out)
    assert [exchange.request.url for exchange in recorded] == [f"/items/{n}" for n in range(50)]
    assert {exchange.session for exchange in recorded} == {"s00001"}
    manifest = Recording.open(recorder.out).manifest
    assert manifest.closed
    assert manifest.tools.keys() >= {"foreshock", "mitmproxy"}
    assert abs(manifest.anchor.wall_s - time.time()) < 60
    assert {Routes.learn([]).of("GET", exchange.request.url) for exchange in recorded} == {"GET /items/{id}"}


def test_a_recorder_that_was_killed_leaves_a_recording_that_opens_and_says_so(serve, record, response) -> None:
    recorder = record(serve(lambda _: response()).url)
    client = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    client.request("GET", "/first")
    client.getresponse().read()
    give_up_s = time.monotonic() + 10
    while not any(Recording.open(recorder.out).exchanges()):  # on disk within a second or so, and without more traffic
        assert time.monotonic() < give_up_s
        time.sleep(0.02)
    recorder.end(signal.SIGKILL)
    client.close()
    recording = Recording.open(recorder.out)
    assert [exchange.request.url for exchange in recording.exchanges()] == ["/first"]
    assert len(recording.tears) == 1
    assert "killed" in recording.tears[0]


def test_no_secret_reaches_the_disk_and_the_same_secret_stays_the_same(serve, record, response) -> None:
    def answer(request: bytes) -> bytes:
        if request.startswith(b"POST /login"):
            return response(
                json.dumps({"token": SECRET + "-token"}).encode(), f"Set-Cookie: sid={SECRET}-cookie; Path=/"
            )
        return response(json.dumps({"email": MAIL, "qty": 3}).encode(), "Content-Type: application/json")

    upstream = serve(answer)
    recorder = record(upstream.url)
    client = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    login = json.dumps({"email": MAIL, "password": SECRET})
    client.request("POST", f"/login?api_key={SECRET}-key", body=login, headers={"Content-Type": "application/json"})
    client.getresponse().read()
    credentials = {"Authorization": f"Bearer {SECRET}-token", "Cookie": f"sid={SECRET}-cookie"}
    client.request("GET", f"/users/{MAIL}", headers=credentials)
    client.getresponse().read()
    client.close()
    assert b"Bearer " + SECRET.encode() in upstream.seen[1]  # the system saw them as they were
    assert recorder.end()[0] == 0
    disk = unpacked(recorder.out)
    assert SECRET.encode() not in disk
    assert b"lovelace" not in disk
    first, second = exchanges(recorder.out)
    assert first.response is not None
    token = json.loads(first.response.content.raw)["token"]
    cookie = (header(first.response.headers, "set-cookie") or "").removesuffix("; Path=/")
    assert header(second.request.headers, "authorization") == f"Bearer {token}"
    assert header(second.request.headers, "cookie") == cookie
    mail = json.loads(first.request.post_data.raw)["email"]
    assert second.request.url == f"/users/{mail}"
    assert mail.endswith(".example.org")
    assert header(first.request.headers, "content-length") == str(first.request.post_data.size)


def test_two_recordings_with_one_key_file_have_the_same_pseudonyms_and_say_so(
    serve, record, response, tmp_path
) -> None:
    (tmp_path / "key").write_bytes(b"a key that is long enough")
    url = serve(lambda _: response()).url
    prints, urls = set(), set()
    for name in ("a.rec", "b.rec"):
        recorder = record(url, str(tmp_path / "key"), name=name)
        raw_talk(recorder.port, f"GET /?token={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert recorder.end()[0] == 0
        urls |= {exchange.request.url for exchange in exchanges(recorder.out)}
        prints.add(Recording.open(recorder.out).manifest.redaction.key_fingerprint)
        assert b"long enough" not in unpacked(recorder.out)
    assert len(prints) == len(urls) == 1


def test_a_request_in_flight_at_the_end_is_dropped_and_counted(serve, record, response) -> None:
    import threading

    arrived, release = threading.Event(), threading.Event()

    def answer(_: bytes) -> None:
        arrived.set()
        release.wait(20)

    upstream = serve(answer)
    recorder = record(upstream.url, drain_s=0.2)
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert arrived.wait(10)
        code, stdout, _ = recorder.end()
        release.set()
    assert code == 0
    assert "1 seen, 0 stored, 1 dropped (unfinished when the recording ended)" in stdout
    assert Recording.open(recorder.out).manifest.counts.unaccounted == 0


def test_a_client_that_signs_up_without_a_cookie_is_one_session_with_its_later_connections(
    serve, record, response
) -> None:
    def answer(request: bytes) -> bytes:
        cookie = "Set-Cookie: sid=0123456789abcdef" if b"/signup" in request else "X: y"
        return response(b"{}", cookie)

    recorder = record(serve(answer).url)

    def ask(client: http.client.HTTPConnection, path: str, **headers: str) -> None:
        client.request("GET", path, headers=headers)
        client.getresponse().read()

    first = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    second = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    other = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    ask(first, "/catalogue")
    ask(first, "/signup")
    ask(other, "/other")
    ask(second, "/cart", Cookie="sid=0123456789abcdef")
    ask(first, "/again")
    for client in (first, second, other):
        client.close()
    assert recorder.end()[0] == 0
    sessions = {exchange.request.url: exchange.session for exchange in exchanges(recorder.out)}
    assert len({sessions[url] for url in ("/catalogue", "/signup", "/cart", "/again")}) == 1
    assert sessions["/other"] != sessions["/cart"]


def refusal(tmp_path: Path, upstream: str, listen: str = "127.0.0.1:0", **more: Path) -> str:
    with pytest.raises((UsageError, HarnessError)) as refused:
        run_recorder(order_of(upstreams=[upstream], listens=[listen]), tmp_path / "a.rec", **more)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "a.rec").exists()
    return f"{refused.value.exit_code} {refused.value}"


def test_a_port_in_use_is_one_line_with_the_mend(serve, response, tmp_path: Path) -> None:
    upstream = serve(lambda _: response())
    message = refusal(tmp_path, upstream.url, f"127.0.0.1:{upstream.port}")
    assert message.startswith(f"3 listen=127.0.0.1:{upstream.port} cannot be listened on: address already in use;")


def test_an_upstream_out_of_reach_is_one_line_with_the_mend(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert (
            refusal(tmp_path, url)
            == f"3 upstream={url} is out of reach: connection refused; start it first, or mend --upstream"
        )


def test_a_folder_that_is_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there.rec").mkdir()
    with pytest.raises(UsageError, match="already there"):
        run_recorder(order_of(upstreams=["http://127.0.0.1:1"], listens=["127.0.0.1:0"]), tmp_path / "there.rec")


def test_a_missing_key_file_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    message = refusal(tmp_path, "http://127.0.0.1:1", key_file=tmp_path / "no key")
    assert message.startswith("2 key_file=")
    assert "head -c 32 /dev/urandom" in message


BUSY = """
import sys
from pathlib import Path
from foreshock.errors import HarnessError
from recorder.listen.beside import Sources
from recorder.order import order_of
from recorder.record import run_recorder
order = order_of(upstreams=[f"http://127.0.0.1:{sys.argv[1]}"], listens=["127.0.0.1:0"])
try:
    run_recorder(order, Path(sys.argv[2]), sources=Sources(otlp=("127.0.0.1", int(sys.argv[1]))))
except HarnessError as error:
    print(error)
"""


def test_a_source_that_cannot_be_listened_to_is_one_line_and_leaves_no_folder(serve, response, tmp_path: Path) -> None:
    port, out = serve(lambda _: response()).port, tmp_path / "a.rec"
    said = subprocess.run([sys.executable, "-P", "-c", BUSY, str(port), out], capture_output=True, text=True).stdout
    assert said.startswith(f"otlp=127.0.0.1:{port} cannot be listened on: Address already in use;")
    assert said.count("\n") == 1
    assert not out.exists()


def test_what_is_pushed_is_recorded_beside_the_traffic_and_redacted(tmp_path: Path) -> None:
    metrics = {"name": "paid", "sum": {"isMonotonic": True, "dataPoints": [{"asInt": "3", "attributes": [MAILED]}]}}
    with_intake = Intake.into(tmp_path / "a.rec", upstream="http://127.0.0.1:1", key=bytes(32))
    ear = OtlpEar("127.0.0.1", 0, with_intake.anchor.elapsed_s)
    thread = EarThread([ear], with_intake, with_intake.anchor.elapsed_s, every_s=None)
    thread.start()
    client = http.client.HTTPConnection(*ear.address, timeout=10)
    for path, body in (
        ("/v1/metrics", {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metrics]}]}]}),
        ("/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": f"pay {MAIL}", **TIMES}]}]}]}),
    ):
        client.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        assert client.getresponse().read() == b"{}"
    client.close()
    thread.stop()
    with_intake.close()
    assert MAIL.encode() not in unpacked(tmp_path / "a.rec")
    point, span = sorted(Recording.open(tmp_path / "a.rec").signals(), key=lambda signal: isinstance(signal, Span))
    assert isinstance(point, Sample)
    assert (point.value, point.kind, point.name.partition("=")[0]) == (3.0, "counter", "paid{mail")
    assert isinstance(span, Span)
    assert (span.operation, span.duration_s) == ("pay <*>", 1.0)
