"""An exchange under way: what is known of it so far, until it has ended and can be offered to the intake."""

from recorder.body import BodyTap, Cap
from recorder.exchange import Header, Message

MESSAGES = 10_000  # of one WebSocket


class Messages:
    """The messages of a WebSocket: in order, with bounds on their number and on all their bytes."""

    def __init__(self, cap: Cap) -> None:
        self.left_out = 0
        self._cap = cap
        self._kept: list[Message] = []
        self._bytes = 0

    def add(self, at_s: float, *, from_client: bool, binary: bool, raw: bytes) -> None:
        """Keeps it, or counts it where the socket has had its share."""
        if len(self._kept) >= MESSAGES or (self._kept and self._bytes + len(raw) > self._cap.cap_bytes):
            self.left_out += 1
            return
        content = self._cap.content_of(raw)
        self._bytes += len(content.text)
        self._kept.append(Message(at_s=at_s, from_client=from_client, binary=binary, content=content))

    @property
    def kept(self) -> tuple[Message, ...]:
        return tuple(self._kept)


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
            "first_byte_s",
            "headers",
            "messages",
        ),
        *("nth", "number", "request_ended_s", "request_tap", "response_tap", "started_s"),
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
        self.messages: Messages | None = None
        self.closes = False
        self.endless = False  # an event stream or a socket: that it is left is how it ends
