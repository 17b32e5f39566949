"""The mitmproxy addon that records. Works in any: `mitmdump -s recorder/addon.py --set foreshock_out=NAME.rec`.

It only watches: headers are taken as raw bytes before mitmproxy touches them (it answers and removes `Expect`), bodies
as they crossed the wire, and no hook waits for the disk. An exchange whose response never came, or was cut, is one with
an error: the 502 that mitmproxy then makes for the client is not the system's.
"""

from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.http import HTTPFlow

from foreshock.clock import Anchor
from foreshock.errors import ForeshockError
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.intake import Intake
from recorder.key import read_key

UNFINISHED = "unfinished when the recording ended"


class _Begun(NamedTuple):
    number: int
    headers: tuple[Header, ...]


class RecorderAddon:
    """Offers every exchange to `intake`; without one, makes its own from the options of a stock mitmproxy."""

    def __init__(self, intake: Intake | None = None) -> None:
        self.intake = intake
        self._own = intake is None
        self._begun: dict[str, _Begun] = {}  # by flow id
        self._count = 0

    def load(self, loader: Loader) -> None:
        if self._own:
            loader.add_option(
                "foreshock_out", str, "", "The recording to make: a folder NAME.rec that is not there yet."
            )
            loader.add_option("foreshock_key_file", str, "", "Key of the pseudonyms; random if not given.")

    def configure(self, updated: set[str]) -> None:
        if not (self._own and "foreshock_out" in updated and ctx.options.foreshock_out):
            return
        key_file = Path(ctx.options.foreshock_key_file) if ctx.options.foreshock_key_file else None
        try:
            self.intake = Intake.into(
                Path(ctx.options.foreshock_out),
                upstream=" ".join(ctx.options.mode),
                key=read_key(key_file),
                tools=tools(),
            )
        except ForeshockError as error:
            raise exceptions.OptionsError(str(error)) from None  # type: ignore[no-untyped-call]

    def requestheaders(self, flow: HTTPFlow) -> None:
        self._count += 1
        self._begun[flow.id] = _Begun(self._count, _headers(flow.request.headers))

    def response(self, flow: HTTPFlow) -> None:
        self._end(flow)

    def error(self, flow: HTTPFlow) -> None:
        self._end(flow)

    def done(self) -> None:
        """The proxy is ending: what has no answer by now stays without one."""
        if self.intake is None:
            return
        for _ in self._begun:
            self.intake.drop(UNFINISHED)
        self._begun.clear()
        if self._own:
            self.intake.close()

    def _end(self, flow: HTTPFlow) -> None:
        begun = self._begun.pop(flow.id, None)
        if begun is None or self.intake is None:
            return  # ended before: a client that went away after its answer had come
        address = flow.client_conn.peername[0] if flow.client_conn.peername else ""
        self.intake.offer(_exchange(flow, begun, self.intake.anchor), address)


def _exchange(flow: HTTPFlow, begun: _Begun, anchor: Anchor) -> Exchange:
    request, response = flow.request, flow.response
    started = request.timestamp_start
    request_ended = request.timestamp_end or started
    first_byte = response.timestamp_start if response else None
    ended = flow.error.timestamp if flow.error else response.timestamp_end if response else None
    return Exchange(
        id=f"e{begun.number:06}",
        session="",  # named by the intake
        connection=flow.client_conn.id,
        started_s=_since(anchor, started),
        request_ended_s=_since(anchor, request_ended),
        first_byte_s=None if first_byte is None else _since(anchor, first_byte),
        ended_s=_since(anchor, max(ended or first_byte or request_ended, started)),
        request=_request(request, begun.headers),
        response=_response(response) if response and not flow.error else None,
        error=flow.error.msg if flow.error else None,
    )


def _request(request: http.Request, headers: tuple[Header, ...]) -> Request:
    return Request(
        method=request.method,
        url=_text(request.data.path),
        http_version=request.http_version,
        headers=headers,
        post_data=Content.of(request.raw_content or b""),
    )


def _response(response: http.Response) -> Response:
    return Response(
        status=response.status_code,
        status_text=_text(response.data.reason),
        http_version=response.http_version,
        headers=_headers(response.headers),
        content=Content.of(response.raw_content or b""),
    )


def _since(anchor: Anchor, wall_s: float) -> float:
    """mitmproxy stamps flows with Unix time; microseconds are all it is good for."""
    return round(wall_s - anchor.wall_s, 6)


def _headers(headers: http.Headers) -> tuple[Header, ...]:
    return tuple(Header(_text(name), _text(value)) for name, value in headers.fields)


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def tools() -> dict[str, str]:
    """What a recording says of the proxy that made it."""
    return {"mitmproxy": version("mitmproxy")}


addons = [RecorderAddon()]  # what a stock mitmproxy loads
