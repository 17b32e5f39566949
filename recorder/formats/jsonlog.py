"""Access logs with a JSON object a line: nginx, Apache, Caddy, Traefik, Envoy, and what names its fields like them.

Objects in objects are looked into by dotted names (Caddy's `request.uri`). A field's name says its unit; where one name
has two (`duration`), its type does. What a log says of other things than requests is counted and left out.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from recorder.formats.accesslog import NO_BODIES, NO_DURATION, exchange_of, lines
from recorder.formats.reading import Imported, Notes, Origin, Skipped
from recorder.formats.source import Source

Value = str | int | float | bool | None

_METHOD = ("method", "request_method", "request.method", "RequestMethod", "http.request.method", "verb", "httpMethod")
_TARGET = ("request_uri", "uri", "request.uri", "RequestPath", "path", "url", "url.original", "url.path", "target")
_LINE = ("request", "request_line", "RequestLine")  # 'GET /orders HTTP/1.1'
_QUERY = ("args", "query_string", "query", "url.query")  # beside a path without it
_VERSION = ("server_protocol", "protocol", "proto", "request.proto", "RequestProtocol", "http.version")
_STATUS = (
    "status",
    "status_code",
    "response_code",
    "DownstreamStatus",
    "http.response.status_code",
    "response",
    "code",
)
_BYTES = ("body_bytes_sent", "bytes_sent", "size", "bytes", "DownstreamContentSize", "response_size",
          "http.response.body.bytes", "resp_body_size")  # fmt: skip
_ADDRESS = ("remote_addr", "client_ip", "clientip", "remote_ip", "request.client_ip", "request.remote_ip", "ClientHost",
            "client.ip", "source.ip", "downstream_remote_address", "ip")  # fmt: skip
_AGENT = ("http_user_agent", "user_agent", "request.headers.User-Agent", "request_User-Agent", "agent",
          "user_agent.original")  # fmt: skip
_REFERER = ("http_referer", "http_referrer", "referer", "referrer", "request.headers.Referer", "request_Referer",
            "http.request.referrer")  # fmt: skip
_HOST = ("http_host", "host", "request.host", "RequestHost", "authority", "url.domain", "server_name")
_SCHEME = ("scheme", "url.scheme", "request_scheme")
_STARTED = ("StartUTC", "start_time", "started_at", "StartLocal")
_ENDED = ("time_iso8601", "@timestamp", "timestamp", "ts", "time", "msec", "time_local")
# name -> seconds of one; `duration` alone is Caddy's seconds as a fraction, Envoy's milliseconds as a whole number
_TOOK = {"request_time": 1.0, "duration": 1.0, "Duration": 1e-9, "duration_ms": 1e-3, "latency_ms": 1e-3,
         "response_time_ms": 1e-3, "duration_s": 1.0, "event.duration": 1e-9, "duration_us": 1e-6}  # fmt: skip


def looks_like(line: bytes) -> bool:
    """Whether a line is one of such a log."""
    return isinstance(_request(_fields(line) or {}), tuple)


def read(source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    """A line that is a request is an exchange, in the order of the log."""
    for number, line in lines(source):
        if not line.strip():
            continue
        fields = _fields(line)
        if fields is None:
            yield Skipped("no JSON object", f"line {number}")
            continue
        found = _imported(fields, origin, notes)
        yield found if isinstance(found, Imported) else Skipped(found, f"line {number}")


def _fields(line: bytes) -> dict[str, Value] | None:
    """The line's values by dotted names; of a list its first. None if it is no object."""
    try:
        content = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return dict(_flat(content, "")) if isinstance(content, dict) else None


def _flat(content: Mapping[str, object], prefix: str) -> Iterator[tuple[str, Value]]:
    for name, value in content.items():
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is None or isinstance(value, str | int | float):
            yield f"{prefix}{name}", value


def _imported(fields: Mapping[str, Value], origin: Origin, notes: Notes) -> Imported | str:
    """A str says why there is none."""
    request = _request(fields)
    if isinstance(request, str):
        return request
    status = _number(_first(fields, _STATUS))
    times = _times(fields, notes)
    if status is None:
        return "no status in the log's line"
    if times is None:
        return "no time in the log's line"
    method, target, http_version = request
    host, agent, address = (str(_first(fields, names) or "") for names in (_HOST, _AGENT, _ADDRESS))
    address = address.rpartition(":")[0] if address.count(":") == 1 else address
    notes.count(NO_BODIES)
    return Imported(
        exchange_of(
            method=_latin(method),
            target=_latin(target),
            http_version=_latin(http_version),
            headers={
                "Host": _latin(host),
                "Referer": _latin(str(_first(fields, _REFERER) or "")),
                "User-Agent": _latin(agent),
            },
            status=int(status),
            response_bytes=int(max(_number(_first(fields, _BYTES)) or 0, 0)),
            started_s=origin.since_s(times[0]),
            ended_s=origin.since_s(times[1]),
        ),
        address=address,
        client=f"{address} {agent}",
        origin=f"{_first(fields, _SCHEME) or 'http'}://{host.lower()}" if host else "",
    )


def _request(fields: Mapping[str, Value]) -> tuple[str, str, str] | str:
    """(method, target, version), or why there is none."""
    line = _first(fields, _LINE)
    method, target = _first(fields, _METHOD), _first(fields, _TARGET)
    version = str(_first(fields, _VERSION) or "HTTP/1.1").upper()
    if isinstance(line, str) and line.count(" ") == 2 and not (method and target):
        method, target, version = line.split(" ")
    if not (isinstance(method, str) and isinstance(target, str) and method and target):
        return "no method and target in the log's line"
    query = _first(fields, _QUERY)
    if "?" not in target and isinstance(query, str) and query:
        target = f"{target}?{query.removeprefix('?')}"
    return method, target, {"HTTP/2": "HTTP/2.0", "HTTP/3": "HTTP/3.0"}.get(version, version)


def _times(fields: Mapping[str, Value], notes: Notes) -> tuple[float, float] | None:
    """(started, ended) as Unix time. A line is written when the request has ended, if its name does not say else."""
    started, ended = _wall_s(_first(fields, _STARTED)), _wall_s(_first(fields, _ENDED))
    took = next(((name, fields[name]) for name in _TOOK if name in fields), None)
    took_s = _took_s(*took) if took else None
    if took_s is None and (started is None or ended is None):
        notes.count(NO_DURATION)
    if started is not None:
        return started, started + took_s if took_s is not None else max(ended or started, started)
    return None if ended is None else (ended - (took_s or 0.0), ended)


def _took_s(name: str, value: Value) -> float | None:
    number = _number(value)
    if number is None or number < 0:
        return None
    return number * (1e-3 if name == "duration" and isinstance(value, int) else _TOOK[name])


def _wall_s(value: Value) -> float | None:
    """Unix time of ISO 8601, of the time of combined logs, and of numbers: seconds, or milliseconds."""
    number = _number(value)
    if number is not None:
        return number / 1000 if number > 1e11 else number
    if not isinstance(value, str):
        return None
    try:
        stamp = datetime.fromisoformat(value) if value[4:5] == "-" else datetime.strptime(value, "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()


def _number(value: Value) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


def _first(fields: Mapping[str, Value], names: tuple[str, ...]) -> Value:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", "-")), None)


def _latin(text: str) -> str:
    """Every byte as one character, as exchanges have it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
