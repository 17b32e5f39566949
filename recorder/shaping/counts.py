"""What is counted of one route while a recording is read."""

from typing import Any
from urllib.parse import unquote

from recorder.exchange import Content, Exchange, Header
from recorder.routes import ID
from recorder.shaping.bodies import Unreadable, pairs_of, text_of
from recorder.shaping.fields import Fields
from recorder.shaping.forms import Batch, Form
from recorder.shaping.model import RouteShape
from recorder.shaping.places import Growing, Leaves
from recorder.shaping.profile import Seen
from recorder.shaping.sketch import Sketch
from recorder.shaping.values import ANSWERS_TOLD_APART, TOLD_APART, Room

_HEADERS = ("content-type", "content-encoding", "authorization", "location")
_LENGTHS = frozenset(map(len, _HEADERS))
_REFUSED = 400
_NOTHING = Leaves()

Tokens = tuple[str, ...]


class Rooms:
    """What all routes share: room for values and for places, what had none, and what is to be counted together."""

    def __init__(self, *, values: int = 250_000, places: int = 20_000) -> None:
        self.values = Room(values)
        self.places = Room(places)
        self.batch = Batch()
        self.unreadable = 0  # bodies that could not be looked into

    def fields(self, told_apart: int) -> Fields:
        """Of one side of a route, of whose places so many values each are told apart."""
        return Fields(Growing(self.places, self.values, told_apart), self.batch)

    @staticmethod
    def headers(headers: tuple[Header, ...]) -> dict[str, str]:
        """The few headers that matter here, by name in lower case; of several the first."""
        found: dict[str, str] = {}
        for one in headers:
            if len(one.name) in _LENGTHS:  # quicker than to look each name up
                name = one.name.lower()
                if name in _HEADERS:
                    found.setdefault(name, one.value)
        return found


class Counts:
    """One route's: `tokens` are its path's. `sent` and `got` are the leaves of the exchange that was taken last."""

    def __init__(self, method: str, tokens: Tokens, rooms: Rooms, first: Seen) -> None:
        self.tokens = tokens
        self.route = ""
        self.count = 0
        self.sent = Leaves()
        self.got = Leaves()
        self.objects: list[tuple[Form, dict[str, Any]]] = []
        self._method = method
        self._first = first
        self._rooms = rooms
        self._errors = 0
        self._statuses: dict[int, int] = {}
        self._latency_s = Sketch()
        self._request_bytes = Sketch()
        self._response_bytes = Sketch()
        self._requests = rooms.fields(TOLD_APART)
        self._answered = rooms.fields(ANSWERS_TOLD_APART)
        self._refused = rooms.fields(ANSWERS_TOLD_APART)
        self.settle(tokens)

    def take(self, exchange: Exchange, segments: list[str], seen: Seen) -> None:
        self.count += 1
        self._take_request(exchange, segments, seen)
        self.got = _NOTHING
        self.objects = []
        if exchange.response is None:
            self._errors += 1
        else:
            self._take_response(exchange, seen)
        self._rooms.batch.read(len(exchange.request.url))

    def _take_request(self, exchange: Exchange, segments: list[str], seen: Seen) -> None:
        request, fields = exchange.request, self._requests
        fields.begin(seen)
        for position, token in enumerate(self.tokens):
            if token == ID:
                fields.take_text("path", str(position), segments[position])
        if "?" in request.url:
            query = request.url.partition("#")[0].partition("?")[2]
            for name, value in pairs_of(query):
                fields.take_text("query", name, value)
        headers = self._rooms.headers(request.headers)
        if request.post_data.size:
            self._request_bytes.add(request.post_data.size)
        if request.post_data.text:
            text = self._text(request.post_data, headers)
            if "form-urlencoded" in headers.get("content-type", "").lower():
                for name, value in pairs_of(text):
                    fields.take_text("form", name, value)
            else:
                fields.take_json(text)
        if "authorization" in headers:
            fields.take_header("authorization", headers["authorization"].rpartition(" ")[2])
        self.sent = fields.leaves

    def _take_response(self, exchange: Exchange, seen: Seen) -> None:
        response = exchange.response
        assert response is not None
        status = response.status
        self._statuses[status] = self._statuses.get(status, 0) + 1
        took_s = exchange.ended_s - exchange.started_s
        self._latency_s.add(took_s if took_s > 0 else 0.0)
        self._response_bytes.add(response.content.size)
        headers = self._rooms.headers(response.headers)
        fields = self._answered if status < _REFUSED else self._refused
        fields.begin(seen)
        if response.content.text:
            fields.take_json(self._text(response.content, headers))
        if "location" in headers:
            fields.take_header("location", unquote(headers["location"].partition("?")[0].rpartition("/")[2]))
        self.got = fields.leaves
        if status < _REFUSED:
            self.objects = fields.objects

    def _text(self, content: Content, headers: dict[str, str]) -> str:
        try:
            text = text_of(content, headers.get("content-encoding"))
            self._rooms.batch.read(len(text))
            return text
        except Unreadable:
            self._rooms.unreadable += 1
            return ""

    def settle(self, tokens: Tokens) -> None:
        """Calls the route by these tokens: words that turned out to be ids become values of the path."""
        for position, (token, settled) in enumerate(zip(self.tokens, tokens, strict=True)):
            if token != settled:
                self._requests.take_many("path", str(position), token, self.count, self._first)
        self.tokens = tokens
        self.route = f"{self._method} /{'/'.join(tokens)}"

    def take_in(self, other: "Counts") -> None:
        """As if everything the other took had been taken here; both are one route."""
        self.count += other.count
        self._first = min(self._first, other._first)
        self._errors += other._errors
        for status, count in other._statuses.items():
            self._statuses[status] = self._statuses.get(status, 0) + count
        self._latency_s.take_in(other._latency_s)
        self._request_bytes.take_in(other._request_bytes)
        self._response_bytes.take_in(other._response_bytes)
        self._requests.take_in(other._requests)
        self._answered.take_in(other._answered)
        self._refused.take_in(other._refused)

    def name_places(self) -> None:
        """Tells every place of the route which one it is, once that is known."""
        for fields in (self._requests, self._answered, self._refused):
            fields.name_places(self.route)

    def shape(self, duration_s: float) -> RouteShape:
        answered = sum(count for status, count in self._statuses.items() if status < _REFUSED)
        refused = sum(self._statuses.values()) - answered
        return RouteShape(
            route=self.route,
            count=self.count,
            rate_per_s=self.count / duration_s if duration_s else 0.0,
            statuses=dict(sorted(self._statuses.items())),
            errors=self._errors,
            p50_s=self._latency_s.quantile(0.50),
            p99_s=self._latency_s.quantile(0.99),
            fields=self._requests.shapes(self.count),
            answered=self._answered.shapes(answered),
            refused=self._refused.shapes(refused),
            latency_s=self._latency_s.at_rest(),
            request_bytes=self._request_bytes.at_rest(),
            response_bytes=self._response_bytes.at_rest(),
        )
