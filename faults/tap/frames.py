"""One direction of an HTTP/2 connection, taken apart into frames, with its header blocks decoded (RFC 9113, 7541)."""

from collections.abc import Iterator

from hpack import Decoder
from hpack.exceptions import HPACKError
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import ContinuationFrame, Frame, HeadersFrame, PushPromiseFrame

from faults.tap.body import NotUnderstood

LONGEST_FRAME = 1 << 20  # bytes
LONGEST_BLOCK = 1 << 18  # bytes of encoded headers
LARGEST_TABLE = 1 << 20  # bytes of a table of headers
_HEADER = 9  # bytes before a frame's payload

Headers = dict[bytes, bytes]  # the first of each name


class Frames:
    """Fed with the bytes of one direction, after the preface."""

    def __init__(self) -> None:
        self._held = b""
        self._decoder = Decoder()
        self._begun: HeadersFrame | PushPromiseFrame | None = None  # whose block goes on
        self._block = b""

    def feed(self, data: bytes) -> Iterator[tuple[Frame, Headers]]:
        """Frames that are whole now; headers come with the frame that began them. Raises NotUnderstood."""
        try:
            for frame in self._frames(data):
                yield from self._joined(frame)
        except (HyperframeError, HPACKError) as error:
            raise NotUnderstood(f"no HTTP/2: {error}") from None

    def allow_table(self, size: int) -> None:
        """The other end allows so large a table. A smaller one is announced in the header blocks themselves."""
        if size > LARGEST_TABLE:
            raise NotUnderstood("a table of headers beyond measure")
        self._decoder.max_allowed_table_size = max(size, self._decoder.max_allowed_table_size)

    def _frames(self, data: bytes) -> Iterator[Frame]:
        view = memoryview(self._held + data)
        at = 0
        while len(view) - at >= _HEADER:
            frame, length = Frame.parse_frame_header(view[at : at + _HEADER])
            if length > LONGEST_FRAME:
                raise NotUnderstood("a frame is too long")
            end = at + _HEADER + length
            if end > len(view):
                break
            frame.parse_body(view[at + _HEADER : end])
            yield frame
            at = end
        self._held = bytes(view[at:])

    def _joined(self, frame: Frame) -> Iterator[tuple[Frame, Headers]]:
        if isinstance(frame, HeadersFrame | PushPromiseFrame):
            self._begun, self._block = frame, b""
        elif self._begun is None or not isinstance(frame, ContinuationFrame):
            yield frame, {}
            return
        self._block += frame.data
        if len(self._block) > LONGEST_BLOCK:
            raise NotUnderstood("headers are too long")
        if "END_HEADERS" in frame.flags:
            begun, self._begun = self._begun, None
            yield begun, self._decoded()

    def _decoded(self) -> Headers:
        headers: Headers = {}
        for name, value in self._decoder.decode(self._block, raw=True):
            headers.setdefault(bytes(name), bytes(value))
        return headers
