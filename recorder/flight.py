"""An exchange under way: what is known of it so far, until it has ended and can be offered to the intake."""

from recorder.body import BodyTap, Cap
from recorder.eventtap import EventTap
from recorder.exchange import Header
from recorder.following import EndLine, MessageLine

MESSAGES = 100_000  # of one WebSocket, or pieces of one event stream
SOCKET_BYTES = 64 << 20  # of all the messages of one WebSocket


class Talk:
    """What follows an exchange that was offered when it opened: lines in order, bounded in number and bytes.

    Nothing of them is held. A message beyond the cap is its size and digest, as a body is.
    """

    def __init__(self, of: str, cap: Cap, most_bytes: int = SOCKET_BYTES) -> None:
        self.left_out = 0
        self._of = of
        self._cap = cap
        self._most_bytes = most_bytes
        self._lines = 0
        self._bytes = 0

    def line(
        self, at_s: float, raw: bytes | None, *, from_client: bool = False, binary: bool = False
    ) -> MessageLine | None:
        """The line of the next message; None where there have been enough, or it is not held, which is counted."""
        content = None if raw is None else self._cap.content_of(raw)
        if content is None or self._lines >= MESSAGES or self._bytes + len(content.text) > self._most_bytes:
            self.left_out += 1
            return None
        self._lines += 1
        self._bytes += len(content.text)
        return MessageLine(
            of=self._of, nth=self._lines, at_s=at_s, from_client=from_client, binary=binary, content=content
        )

    def end(self, ended_s: float, *, closes: bool, error: str | None) -> EndLine:
        return EndLine(
            of=self._of, nth=self._lines + 1, ended_s=ended_s, closes=closes, error=error, left_out=self.left_out
        )


class Flight:
    """Times are monotonic seconds. A body without a tap is taken from the proxy when it is whole."""

    __slots__ = (
        *(
            "address",
            "certificate",
            "closes",
            "connection",
            "ended_s",
            "endless",
            "events",
            "first_byte_s",
            "headers",
        ),
        *("nth", "number", "request_ended_s", "request_tap", "response_tap", "started_s", "talk"),
    )

    def __init__(
        self, number: int, nth: int, connection: str, address: str, headers: tuple[Header, ...], started_s: float
    ) -> None:
        self.number = number
        self.nth = nth
        self.connection = connection
        self.address = address
        self.certificate = ""  # SHA-256 of the client's, in hex
        self.headers = headers
        self.started_s = started_s
        self.request_ended_s: float | None = None
        self.first_byte_s: float | None = None
        self.ended_s: float | None = None
        self.request_tap: BodyTap | None = None
        self.response_tap: BodyTap | None = None
        self.events: EventTap | None = None
        self.talk: Talk | None = None  # once it was offered, as one that goes on

        self.closes = False
        self.endless = False  # an event stream or a socket: that it is left is how it ends

    @property
    def id(self) -> str:
        return f"e{self.number:06}"
