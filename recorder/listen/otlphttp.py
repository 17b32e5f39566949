"""An OTLP receiver over HTTP: logs, metrics and spans to /v1/{logs,metrics,traces}, protobuf or JSON, plain or gzip.

What is refused is answered as the protocol says, so that no exporter sends it again: beyond our rate with a partial
success, an unreadable body with a 4xx.
"""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress

import httptools
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from foreshock.clock import Clock
from recorder.listen.ear import PAUSE_S, Ear, Hears
from recorder.listen.otlp import EXPORTS, JSON, PROTOBUF, Unreadable, answer, decoded, refusal, unpacked
from recorder.listen.otlpmetrics import MetricsReader
from recorder.listen.otlpsignals import Placing, log_lines, spans
from recorder.listen.rate import Rate
from recorder.listen.signal import Signal
from recorder.listen.skew import Skew
from recorder.listen.statsd import listening_socket

_RECORDS_PER_S = 10_000.0
_BODY_BYTES = 4 << 20
_UNPACKED_BYTES = 16 << 20
_CONNECTIONS = 64
_IDLE_S = 75.0
_BREATH = 50  # records: then whoever else wants the interpreter may have it
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large",
            415: "Unsupported Media Type", 503: "Service Unavailable"}  # fmt: skip


class OtlpEar(Ear):
    """`address` is where it listens, once it is open; with port 0 that is any free one."""

    def __init__(self, host: str, port: int, clock: Clock, *, per_s: float = _RECORDS_PER_S) -> None:
        super().__init__("otlp could not be heard")
        self.address = (host, port)
        self._clock = clock
        self._rate = Rate(per_s)
        self._placing = Placing(clock)
        self._metrics = MetricsReader(self._placing)
        self._server: asyncio.Server | None = None
        self._talking: set[asyncio.Task[None]] = set()
        self._to: Hears | None = None

    @property
    def skews(self) -> dict[str, Skew]:
        return self._placing.skews

    async def open(self, to: Hears) -> None:
        self._to = to
        tcp = listening_socket(socket.SOCK_STREAM, *self.address, what="otlp")
        self.address = tcp.getsockname()[:2]
        self._server = await asyncio.start_server(self._talk, sock=tcp)

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for talking in self._talking:
            talking.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        await self._server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        task = asyncio.current_task()
        assert task is not None
        self._talking.add(task)
        try:
            if len(self._talking) > _CONNECTIONS:
                await _say(writer, 503, b"", JSON, ends=True)
                return
            with suppress(TimeoutError, OSError, httptools.HttpParserError):  # its end, whoever ends it
                while await self._answer_one(reader, writer):
                    pass
        finally:
            self._talking.discard(task)
            writer.transport.abort()  # the answer was drained

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether another request may follow."""
        request = _Request()
        while not request.whole and request.refused is None:
            async with asyncio.timeout(_IDLE_S):
                data = await reader.read(1 << 16)
            if not data:
                return False
            request.feed(data)
            if request.expects_go_on:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.expects_go_on = False
        try:
            body = await self._taken(request)
        except Unreadable as error:
            assert self._to is not None
            self._to.lose_signals(f"otlp: a request was refused with {error.status}")
            await _say(writer, error.status, refusal(str(error), request.media_type), request.media_type, ends=True)
            return False
        await _say(writer, 200, body, request.media_type, ends=not request.keeps_alive)
        return request.keeps_alive

    async def _taken(self, request: "_Request") -> bytes:
        """The answer's body, once all that the request brought is told. Raises Unreadable."""
        if request.refused is not None:
            raise request.refused
        export = EXPORTS.get(request.path)
        if export is None:
            raise Unreadable(404, f"expected one of {', '.join(EXPORTS)}")
        if request.method != "POST":
            raise Unreadable(405, "expected POST")
        body = unpacked(b"".join(request.chunks), request.header("content-encoding"), _UNPACKED_BYTES)
        rejected = await self._tell(decoded(export, body, request.media_type))
        return answer(export, rejected, "too many a second, or of a series too many: not kept", request.media_type)

    async def _tell(self, message: Message) -> int:
        """Tells all that `message` holds; how many of its records were not taken."""
        assert self._to is not None
        refused = 0
        for number, signals in enumerate(self._signals(message)):
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(PAUSE_S)
            if signals is None or not self._rate.allows(self._clock()):
                refused += 1
                continue
            for signal in signals:
                self._to.hear(signal)
        if refused:
            self._to.lose_signals("otlp: records came too fast, or of a series too many", refused)
        return refused

    def _signals(self, message: Message) -> Iterator[Sequence[Signal] | None]:
        """The signals of each of its records; None for one that there is no room for."""
        if isinstance(message, ExportMetricsServiceRequest):
            return self._metrics.samples(message)
        if isinstance(message, ExportLogsServiceRequest):
            return (() if line is None else (line,) for line in log_lines(message, self._placing))
        assert isinstance(message, ExportTraceServiceRequest)
        return (() if span is None else (span,) for span in spans(message, self._placing))


async def _say(writer: asyncio.StreamWriter, status: int, body: bytes, media_type: str, *, ends: bool) -> None:
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        f"{'Connection: close' if ends else 'Connection: keep-alive'}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()


class _Request:
    """httptools' callbacks, gathered; `refused` once it is beyond what is taken."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.whole = False
        self.refused: Unreadable | None = None
        self.expects_go_on = False
        self.path = ""
        self.method = ""
        self.keeps_alive = True
        self._size = 0
        self._headers: dict[str, str] = {}
        self._parser = httptools.HttpRequestParser(self)

    @property
    def media_type(self) -> str:
        """Of the request, and so of the answer."""
        return self.header("content-type").partition(";")[0].strip() or PROTOBUF

    def header(self, name: str) -> str:
        return self._headers.get(name, "")

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        if self.whole:  # it did not wait for its answer, which no exporter does
            self.refused = Unreadable(400, "expected one request at a time")

    def on_url(self, url: bytes) -> None:
        self.path += url.decode("latin-1").partition("?")[0]

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip()

    def on_headers_complete(self) -> None:
        self.method = self._parser.get_method().decode("latin-1")
        self.expects_go_on = self.header("expect").lower() == "100-continue"

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > _BODY_BYTES:
            self.refused = Unreadable(413, f"more than {_BODY_BYTES} bytes")
            self.chunks.clear()
        else:
            self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.whole = True
        self.keeps_alive = self._parser.should_keep_alive()
