"""HTTP/2 on one connection, looked at as it passes: a call for each stream that the client opens.

Requests share the connection, so none of them can be steered: a rule that would take one counts it as unsteerable.
"""

from hyperframe.frame import DataFrame, Frame, HeadersFrame, RstStreamFrame, SettingsFrame

from faults.tap.body import NotUnderstood
from faults.tap.frames import Frames, Headers
from faults.tap.head import RequestHead, path_of
from faults.tap.ledger import Call, Connection, Ledger
from faults.tap.rules import Rules

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PREFACE_LINE = PREFACE[:16]
MOST_STREAMS = 4096  # that are open at once
_HEADER = 9  # bytes before a frame's payload


def is_settings(data: bytes) -> bool:
    """Whether these first bytes of a server are a SETTINGS frame: some send it before they have heard anything."""
    return len(data) >= _HEADER and data[3:5] == b"\x04\x00" and data[5:9] == b"\x00\x00\x00\x00"


class Http2:
    steerable = False
    idle = True
    persistent = True
    held = unsent = b""  # bytes go on before they come here

    def __init__(self, entry: Connection, ledger: Ledger, rules: Rules) -> None:
        self._entry, self._ledger, self._rules = entry, ledger, rules
        self._preface = b""  # as far as it has come
        self._up, self._down = Frames(), Frames()
        self._calls: dict[int, Call] = {}  # by stream, until both sides have ended it

    def let_pass(self) -> bytes:
        return b""

    def asked(self, data: bytes, now_s: float) -> None:
        """Raises NotUnderstood."""
        missing = len(PREFACE) - len(self._preface)
        if missing:
            self._preface += data[:missing]
            data = data[missing:]
            if not PREFACE.startswith(self._preface):
                raise NotUnderstood("no preface of HTTP/2")
            if len(self._preface) < len(PREFACE):
                return
            self._entry.protocol = "http/2"
        for frame, headers in self._up.feed(data):
            self._from_client(frame, headers, now_s)

    def answered(self, data: bytes, now_s: float) -> None:
        """Raises NotUnderstood."""
        for frame, headers in self._down.feed(data):
            self._from_server(frame, headers, now_s)

    def left(self, now_s: float) -> None:
        """As of Http1."""
        for call in self._calls.values():
            call.end("open", now_s)

    def ended(self, now_s: float, *, reset: bool, given_up: bool) -> None:
        """As of Http1."""
        for call in self._calls.values():
            if given_up:
                call.end("open", now_s)
            elif reset:
                call.end("reset", now_s)
            else:
                call.end("closed" if call.first_byte_s is None else "cut", now_s)
        self._calls.clear()

    def _from_client(self, frame: Frame, headers: Headers, now_s: float) -> None:
        if isinstance(frame, SettingsFrame):
            _allow(self._down, frame)
        elif isinstance(frame, HeadersFrame) and frame.stream_id not in self._calls and b":method" in headers:
            self._begin(frame, headers, now_s)
        call = self._calls.get(frame.stream_id)
        if call is None:
            return
        if isinstance(frame, RstStreamFrame):
            call.end("open", now_s)
            del self._calls[frame.stream_id]
            return
        if isinstance(frame, DataFrame):
            call.begin_body().add(bytes(frame.data))
        if isinstance(frame, DataFrame | HeadersFrame):
            call.bytes_up += _HEADER + frame.body_len
            if "END_STREAM" in frame.flags:
                call.asked(now_s)
                self._forget_if_over(frame.stream_id, call)

    def _begin(self, frame: HeadersFrame, headers: Headers, now_s: float) -> None:
        if len(self._calls) >= MOST_STREAMS:
            raise NotUnderstood("more streams than a tap follows")
        method, target, trace = headers[b":method"], headers.get(b":path", b""), headers.get(b"traceparent")
        head = RequestHead(method, target, 0, True, False, trace)
        call = self._calls[frame.stream_id] = Call(
            connection=self._entry.ordinal,
            protocol="http/2",
            head=head,
            started_s=now_s,
        )
        self._ledger.call(call)
        if self._rules.on_requests:
            self._rules.request(method.decode("latin-1"), path_of(target), trace, steerable=False)

    def _from_server(self, frame: Frame, headers: Headers, now_s: float) -> None:
        if isinstance(frame, SettingsFrame):
            _allow(self._up, frame)
        call = self._calls.get(frame.stream_id)
        if call is None:
            return
        if isinstance(frame, HeadersFrame):
            self._read_status(call, headers, now_s)
        if isinstance(frame, DataFrame | HeadersFrame):
            call.bytes_down += _HEADER + frame.body_len
            if "END_STREAM" in frame.flags:
                call.end("answered", now_s)
                self._forget_if_over(frame.stream_id, call)
        elif isinstance(frame, RstStreamFrame):
            call.end("reset", now_s)
            del self._calls[frame.stream_id]

    def _read_status(self, call: Call, headers: Headers, now_s: float) -> None:
        """Interim answers are none, and trailers have no status."""
        status = headers.get(b":status", b"")
        if status.isdigit() and int(status) >= 200:
            call.status, call.first_byte_s = int(status), now_s

    def _forget_if_over(self, stream: int, call: Call) -> None:
        if call.asked_s is not None and call.ended_s is not None:
            del self._calls[stream]


def _allow(other: Frames, settings: SettingsFrame) -> None:
    """What one side allows is what the other sends."""
    size = settings.settings.get(SettingsFrame.HEADER_TABLE_SIZE)
    if size is not None:
        other.allow_table(size)
