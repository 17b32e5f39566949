"""Packet captures (pcap, pcapng), by way of tshark: it puts TCP together, and decrypts TLS where it is configured to.

tshark gives each HTTP/1 message its raw head and its body without chunks; requests and responses of a connection are
joined in their order. HTTP/2 is counted and left out.
"""

import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from typing import IO

import msgspec

from foreshock.errors import HarnessError
from recorder.exchange import Content, Exchange, Request, Response, header
from recorder.formats.http1 import NotHttp, request_of, response_of
from recorder.formats.reading import NO_RESPONSE, Imported, Notes, Origin, Skipped
from recorder.formats.source import Source, Torn

TIMES = "a capture's times are those of a message's last packet: how long it took to come is not known"

_FIELDS = "frame frame.time_epoch tcp tcp.stream ip ip.src ipv6 ipv6.src http http.file_data"
_WANTED = "http.request || http.response || http2.headers.method"
_LINE_BYTES = 1 << 30
_OPEN_REQUESTS = 100_000


class _Asked(msgspec.Struct, frozen=True):
    request: Request
    at: float  # Unix time
    stream: str
    address: str


class _Frame(msgspec.Struct, frozen=True):
    time_epoch: str = msgspec.field(name="frame_frame_time_epoch")


class _Stream(msgspec.Struct, frozen=True):
    number: str | int = msgspec.field(name="tcp_tcp_stream")


class _Ip(msgspec.Struct, frozen=True):
    source: str = msgspec.field(name="ip_ip_src", default="")
    source6: str = msgspec.field(name="ipv6_ipv6_src", default="")


class _Http(msgspec.Struct, frozen=True):
    body: str | None = msgspec.field(name="http_http_file_data_raw", default=None)  # hex


class _Layers(msgspec.Struct, frozen=True):
    frame: _Frame
    tcp: _Stream
    ip: _Ip | list[_Ip] = _Ip()
    ipv6: _Ip | list[_Ip] = _Ip()
    http_raw: str | list[str] | None = None  # hex
    http: _Http | list[_Http] | None = None

    @property
    def address(self) -> str:
        """The sender's; of a tunnel the inner one."""
        inner = [one[-1] if isinstance(one, list) else one for one in (self.ip, self.ipv6)]
        return inner[0].source or inner[1].source6


class _Packet(msgspec.Struct, frozen=True):
    layers: _Layers | None = None


def read(source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    """Exchanges in the order in which their responses ended; then the requests that have none."""
    with tempfile.TemporaryFile() as complaints, _tshark(source, complaints) as process:
        assert process.stdout is not None
        try:
            yield from _joined(_packets(process.stdout), origin, notes)
            code = process.wait()
        finally:
            process.kill()
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace").strip().splitlines()
    if code:
        raise Torn(f"{source.path}: {said[-1] if said else f'tshark ended with code {code}'}")


def _tshark(source: Source, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    program = shutil.which("tshark", path=os.environ.get("PATH"))
    if program is None:
        raise HarnessError(
            "captures are read by tshark, which is not on PATH; install it (Debian, Ubuntu: apt-get install tshark; "
            "macOS: brew install wireshark; others: https://www.wireshark.org/download.html) and import again"
        )
    return subprocess.Popen(  # noqa: S603  (no shell; the file's path is absolute, so no option)
        [program, "-n", "-r", str(source.path.absolute()), "-Y", _WANTED, "-o", "http.decompress_body:FALSE",
         "-T", "ek", "-x", "-j", _FIELDS],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
    )  # fmt: skip


def _packets(output: IO[bytes]) -> Iterator[_Layers]:
    """tshark's Elasticsearch bulk: every other line is an index."""
    decoder = msgspec.json.Decoder(_Packet)
    while line := output.readline(_LINE_BYTES):
        try:
            packet = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HarnessError(
                f"tshark's output was not understood ({error}); please report it with tshark --version"
            ) from None
        if packet.layers is not None:
            yield packet.layers


def _joined(packets: Iterator[_Layers], origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    waiting: dict[str, deque[_Asked]] = {}  # by connection, in the order they were sent
    for number, layers in enumerate(packets, 1):
        where = f"message {number}"
        stream = str(layers.tcp.number)
        if layers.http_raw is None:
            yield Skipped("HTTP/2 is not read from captures: record it, or import a HAR", where)
            continue
        for raw, body in _messages(layers):
            try:
                if not raw.startswith(b"HTTP/"):
                    asked = _Asked(_request(raw, body), float(layers.frame.time_epoch), stream, layers.address)
                    waiting.setdefault(stream, deque()).append(asked)
                    continue
                if _is_interim(raw):
                    continue
                if stream not in waiting:
                    yield Skipped("a response without its request", where)
                    continue
                asked = waiting[stream].popleft()
                if not waiting[stream]:
                    del waiting[stream]
                response = _response(raw, body, to_head=asked.request.method == "HEAD")
                yield _imported(asked, response, float(layers.frame.time_epoch), origin, notes)
            except NotHttp as error:
                yield Skipped(str(error), where)
        if len(waiting) > _OPEN_REQUESTS:
            for asked in waiting.pop(next(iter(waiting))):
                yield _imported(asked, None, asked.at, origin, notes)
    for queue in waiting.values():
        for asked in queue:
            yield _imported(asked, None, asked.at, origin, notes)


def _messages(layers: _Layers) -> Iterator[tuple[bytes, bytes | None]]:
    """(raw, body) of each message that ended in this packet: pipelined ones may share it."""
    raws = layers.http_raw if isinstance(layers.http_raw, list) else [layers.http_raw or ""]
    https = layers.http if isinstance(layers.http, list) else [layers.http]
    for raw, one in zip(raws, [*https, *[None] * len(raws)], strict=False):
        yield bytes.fromhex(raw), bytes.fromhex(one.body) if one and one.body else None


def _is_interim(raw: bytes) -> bool:
    return raw[8:10] == b" 1" and raw[9:12] != b"101"


def _request(raw: bytes, body: bytes | None) -> Request:
    request = request_of(raw)
    return request if body is None else msgspec.structs.replace(request, post_data=Content.of(body))


def _response(raw: bytes, body: bytes | None, *, to_head: bool) -> Response:
    response = response_of(raw, to_head=to_head)
    return response if body is None else msgspec.structs.replace(response, content=Content.of(body))


def _imported(asked: _Asked, response: Response | None, ended: float, origin: Origin, notes: Notes) -> Imported:
    notes.count(TIMES if response else NO_RESPONSE)
    host = header(asked.request.headers, "host")
    started_s = origin.since_s(asked.at)
    return Imported(
        Exchange(
            id="",
            session="",
            connection=f"c{asked.stream}",
            started_s=started_s,
            request_ended_s=started_s,
            first_byte_s=None,
            ended_s=max(origin.since_s(ended), started_s),
            request=asked.request,
            response=response,
            error=None if response else NO_RESPONSE,
        ),
        address=asked.address,
        origin=f"http://{host}" if host else "",
    )
